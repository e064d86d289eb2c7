/** Checks a response to a malformed request. */
import { errorCodeSchema, errorEnvelopeSchema } from '../lib/process-api/errors'
import type { ParsedResponse } from './response'

/** Internal errors (500) that the reference returns as well, by their messages. */
const knownInternal = [/failed to create context: /, /failed to start PTY session/, /cannot resize inactive PTY/]

/** What is wrong with this response, or null. */
export function faultOf({ status, headers, body }: ParsedResponse, hasNoBody = false): string | null {
  if (status < 400) return null
  if (hasNoBody) return status === 500 ? 'a bare 500' : null
  const type = headers.get('content-type') ?? ''
  if (type.startsWith('text/html') && status < 500) return null
  const text = body.toString('utf8')
  let parsed: ReturnType<typeof errorEnvelopeSchema.safeParse>
  try {
    parsed = errorEnvelopeSchema.safeParse(JSON.parse(text))
  } catch {
    return `${status} without an envelope: ${JSON.stringify(text.slice(0, 200))}`
  }
  if (!parsed.success) return `${status} with an invalid envelope: ${text.slice(0, 200)}`
  const { code, statusCode, source, message } = parsed.data
  if (statusCode !== status) return `${status} with an envelope of ${statusCode}`
  if (!errorCodeSchema.safeParse(code).success) return `${status} with the unknown code ${code}`
  if (source === undefined) return `${status} without a source`
  if (message.length > 4_096) return `${status} with a message of ${message.length} characters`
  if (status === 500 && !knownInternal.some((known) => known.test(message))) return `500: ${message}`
  return null
}
