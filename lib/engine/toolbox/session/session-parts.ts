/** The JSON of a session with its commands, in parts that are made one after the other. */
import { arrayParts } from '../../http/json-stream'
import type { Session } from './session'
import { commandDetailOf, plainCommand } from './session-record'

/** @param plain the protocol's fields alone */
export function* sessionParts(session: Session, plain: boolean): Generator<string> {
  const before = JSON.stringify(plain ? { sessionId: session.id } : session.summary())
  yield `${before.slice(0, -1)},"commands":`
  yield* arrayParts(session.commands.each(), (record) => {
    const detail = commandDetailOf(record)
    return [JSON.stringify(plain ? plainCommand(detail) : detail)]
  })
  yield '}'
}
