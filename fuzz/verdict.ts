/** What an answer to a malformed request may be. */
import { errorCodeSchema, errorEnvelopeSchema } from '../lib/process-api/errors'
import type { Answer } from './answer'

/** Answers of 500 that the reference gives too, by the words of their messages. */
const knownInternal = [/failed to create context: /, /failed to start PTY session/, /cannot resize inactive PTY/]

/** What is wrong with this answer; null where nothing is. */
export function faultOf({ status, headers, body }: Answer, bodyless = false): string | null {
  if (status < 400) return null
  if (bodyless) return status === 500 ? 'a bare 500' : null
  const type = headers.get('content-type') ?? ''
  if (type.startsWith('text/html') && status < 500) return null
  const text = body.toString('utf8')
  let parsed: ReturnType<typeof errorEnvelopeSchema.safeParse>
  try {
    parsed = errorEnvelopeSchema.safeParse(JSON.parse(text))
  } catch {
    return `${status} without an envelope: ${JSON.stringify(text.slice(0, 200))}`
  }
  if (!parsed.success) return `${status} with a wrong envelope: ${text.slice(0, 200)}`
  const { code, statusCode, source, message } = parsed.data
  if (statusCode !== status) return `${status} with an envelope of ${statusCode}`
  if (!errorCodeSchema.safeParse(code).success) return `${status} with the unknown code ${code}`
  if (source === undefined) return `${status} without a source`
  if (message.length > 4_096) return `${status} with a message of ${message.length} characters`
  if (status === 500 && !knownInternal.some((known) => known.test(message))) return `500: ${message}`
  return null
}
