/** Carry out one conversation on a connection of its own and say what was wrong with the answer. */
import { connect, type Socket } from 'node:net'
import { type Answer, readAnswer, Unreadable } from './answer'
import type { Conversation } from './conversation'
import { faultOf } from './verdict'

export interface Address {
  readonly host?: string
  readonly port?: number
  /** Of a Unix socket. */
  readonly path?: string
}

/** Longest wait for the head of an answer to a whole request: garbage is refused, not worked on. */
const answerMs = 30_000
/** An answer without an end (a stream) is left after this time. */
const streamMs = 1_000
/** A server that takes nothing more of a request for so long never will. */
const stalledMs = 5_000
/** More of an answer is not looked at. */
const mostBytes = 4 * 1024 * 1024

/** Resolves with what was wrong, null where nothing was. Never rejects. */
export async function talk(
  conversation: Conversation,
  address: Address,
  heard: (text: string) => void = () => {},
): Promise<string | null> {
  const { isWhole, end, bodyless } = conversation
  const received: Buffer[] = []
  let size = 0
  let hasEnded = false
  let problem: Error | null = null
  const socket: Socket = connect({ ...(address.path ? { path: address.path } : address), allowHalfOpen: true } as never)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  let wake: () => void = () => {}
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve)
    socket.once('error', () => resolve())
    socket.setTimeout(stalledMs, resolve)
  })
  socket.on('data', (bytes: Buffer) => {
    received.push(bytes)
    size += bytes.length
    wake()
  })
  socket.once('end', () => {
    hasEnded = true
    wake()
  })
  socket.on('error', (error) => {
    problem = error
    hasEnded = true
    wake()
  })
  try {
    for (const bytes of conversation.writes) {
      if (hasEnded) break
      // A server that reads no further has seen enough.
      await Promise.race([new Promise<void>((resolve) => socket.write(bytes, () => resolve())), ended])
    }
    if (end === 'reset') return null
    if (end === 'half-close') socket.end()
    const begun = performance.now()
    for (;;) {
      const answer = readAnswer(Buffer.concat(received), hasEnded, bodyless)
      const waited = performance.now() - begun
      const isDone = hasEnded || size > mostBytes || (answer?.isComplete ?? false) || (answer && waited > streamMs)
      if (isDone) return judge(conversation, answer, problem, hasEnded)
      if (waited > (isWhole ? answerMs : streamMs)) return isWhole ? `no answer within ${answerMs} ms` : null
      const patience = setTimeout(() => wake(), answer || !isWhole ? streamMs : answerMs)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      clearTimeout(patience)
    }
  } catch (error) {
    if (error instanceof Unreadable) return error.message
    throw error
  } finally {
    heard(Buffer.concat(received).toString('latin1'))
    socket.destroy()
    await closed
  }
}

function judge(
  { isWhole, isForeign, bodyless }: Conversation,
  answer: Answer | null,
  problem: Error | null,
  hasEnded: boolean,
): string | null {
  if (answer) {
    if (isForeign && answer.status < 500) return null
    if (hasEnded && !answer.isComplete) return `half an answer with ${answer.status}`
    return faultOf(answer, bodyless)
  }
  return isWhole ? `the connection ended without an answer${problem ? `: ${problem.message}` : ''}` : null
}
