/** The response of a synchronous exec, built from the journal. */
import { ApiError, toEnvelope } from '@/lib/process-api/errors'
import { sendJsonTexts } from '../../http/json-texts'
import type { RequestContext } from '../../http/request-context'
import { droppedHeader, sentenceOf } from '../run/execute-response'
import { markedBytes, plainBytes, splitTexts } from './log-forms'
import type { CommandRecord } from './session-record'

/**
 * 200 with the five fields of the protocol, filled as the client's version expects (1.5). Where bytes are left out (the
 * response or the journal reached its limit), `truncated` and `droppedBytes` say so. Throws for a command that never
 * ran or whose session was deleted. A command that could not be recorded completely gets a 507 with what was recorded.
 * @param limit max bytes of output in a response
 */
export async function respondToExec(context: RequestContext, record: CommandRecord, limit: number) {
  const { response, client } = context
  const { journal } = record
  const { exitCode, reason, message, startedAt, output } = record.snapshot()
  if (exitCode === null && reason !== 'not-recorded') throw failureOf(reason, message, startedAt !== null)
  const shown = Math.min(journal.size, limit)
  const droppedBytes = journal.size - shown + output.droppedBytes
  if (droppedBytes > 0) response.setHeader(droppedHeader, droppedBytes)
  const left = droppedBytes > 0 && !client.rejectsUnknownFields ? { truncated: true, droppedBytes } : {}
  const before = { cmdId: record.id }
  if (reason === 'not-recorded') {
    const error = new ApiError('INSUFFICIENT_STORAGE', `failed to execute command: ${sentenceOf(message)}`)
    if (client.rejectsUnknownFields) throw error
    const envelope = { ...toEnvelope(error, context, 'DAYTONA_DAEMON'), ...before, ...left }
    return sendJsonTexts(response, error.status, [{ name: 'output', bytes: plainBytes(journal, shown) }], {
      before: envelope,
      after: {},
    })
  }
  const unfilled = { stdout: null, stderr: null, exitCode, ...left }
  switch (client.output) {
    case 'split':
      return sendJsonTexts(response, 200, splitTexts(journal, shown), { before, after: { exitCode, ...left } })
    case 'raw':
      return sendJsonTexts(response, 200, [{ name: 'output', bytes: markedBytes(journal, shown) }], {
        before,
        after: unfilled,
      })
    case 'combined':
      return sendJsonTexts(response, 200, [{ name: 'output', bytes: plainBytes(journal, shown) }], {
        before,
        after: unfilled,
      })
  }
}

/** Why there is no exit code. The texts start as those of the reference do. */
function failureOf(reason: string | null, message: string | null, hasStarted: boolean): ApiError {
  switch (reason) {
    case 'session-deleted':
      return new ApiError('SESSION_ENDED', 'failed to execute command: bad request: session cancelled')
    case 'session-ended':
      return new ApiError('SESSION_ENDED', `failed to execute command: bad request: session process has exited`)
    case 'stopped':
      return new ApiError('GONE', 'failed to execute command: it was stopped while it was queued')
    case 'sandbox-stopped':
      return new ApiError('SERVICE_UNAVAILABLE', 'failed to execute command: the sandbox is being stopped')
    default:
      return new ApiError(
        'INTERNAL_SERVER_ERROR',
        `failed to execute command: ${message ?? (hasStarted ? 'how it ended is unknown' : 'it never started')}`,
      )
  }
}
