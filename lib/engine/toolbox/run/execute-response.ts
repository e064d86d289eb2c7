/** The response of execute and code-run, streamed from the journal without holding the output in memory. */
import type { Chart } from '@/lib/process-api/charts'
import { ApiError, toEnvelope } from '@/lib/process-api/errors'
import type { Execution } from '@/lib/process-api/execution'
import { sendJsonTexts } from '../../http/json-texts'
import type { RequestContext } from '../../http/request-context'
import type { Journal } from '../journal/journal'
import type { RunProcess } from './run-process'

/** Names the run of a response; the run's journal has every byte of the output. */
export const runHeader = 'x-sandglass-run'
/** How many bytes of the output the response leaves out. */
export const droppedHeader = 'x-sandglass-dropped-bytes'

/**
 * 200 `{exitCode, result}`, or 408 with the output so far in `output`, or 507 with the output that was recorded. If
 * bytes are missing (the response or the journal reached its limit), `truncated` and `droppedBytes` say so.
 * @param limit maximum length of the text in bytes
 * @param charts the charts of a code run; without any, the response has no `artifacts`
 */
export async function respondWithResult(
  context: RequestContext,
  run: RunProcess,
  limit: number,
  charts: readonly Chart[] = [],
): Promise<void> {
  const { response, client } = context
  const { journal } = run.record
  const execution = run.record.snapshot()
  const shown = Math.min(run.endSize, limit)
  const droppedBytes = run.endSize - shown + execution.output.droppedBytes
  response.setHeader(runHeader, run.record.id)
  if (droppedBytes > 0) response.setHeader(droppedHeader, droppedBytes)
  const left = droppedBytes > 0 && !client.rejectsUnknownFields ? { truncated: true, droppedBytes } : {}
  const error = failureOf(execution)
  if (error) {
    if (client.rejectsUnknownFields) throw error
    const envelope = { ...toEnvelope(error, context, 'DAYTONA_DAEMON'), ...left }
    const output = { name: 'output', bytes: bytesOf(journal, shown) }
    await sendJsonTexts(response, error.status, [output], { before: envelope })
    return
  }
  const text = execution.reason === 'spawn-failed' ? sentence(execution.message) : bytesOf(journal, shown)
  const artifacts = charts.length > 0 ? { artifacts: { charts } } : {}
  const before = { exitCode: execution.exitCode ?? -1, ...left, ...artifacts }
  await sendJsonTexts(response, 200, [{ name: 'result', bytes: text }], { before })
}

function failureOf({ state, reason, message }: Execution): ApiError | null {
  if (state === 'timed-out') return new ApiError('PROCESS_EXECUTION_TIMEOUT', 'command execution timeout')
  return reason === 'not-recorded' ? new ApiError('INSUFFICIENT_STORAGE', sentenceOf(message)) : null
}

/** Why part of an execution is not recorded, as the message of an error, which has no full stop. */
export function sentenceOf(message: string | null): string {
  return (message ?? 'Some of the output could not be recorded.').replace(/\.$/, '')
}

async function* bytesOf(journal: Journal, to: number): AsyncGenerator<Uint8Array> {
  for await (const segment of journal.read({ to })) yield segment.data
}

async function* sentence(message: string | null): AsyncGenerator<Uint8Array> {
  yield Buffer.from(message ?? '')
}
