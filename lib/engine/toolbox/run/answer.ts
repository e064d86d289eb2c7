/** The answer of execute and code-run, built from the journal without holding it in memory. */
import type { Chart } from '@/lib/process-api/charts'
import { ApiError, toEnvelope } from '@/lib/process-api/errors'
import type { Execution } from '@/lib/process-api/execution'
import { sendJsonTexts } from '../../http/json-texts'
import type { RequestContext } from '../../http/request-context'
import type { Journal } from '../journal/journal'
import type { RunProcess } from './run-process'

/** Names the run behind an answer, whose journal has every byte of the output. */
export const runHeader = 'x-sandglass-run'
/** How many bytes of the output are not in the answer. */
export const droppedHeader = 'x-sandglass-dropped-bytes'

/**
 * 200 `{exitCode, result}`, or 408 with what was printed until then in `output`, or 507 with what of it is recorded. Where
 * bytes are left out (the answer or the journal was at its limit), `truncated` and `droppedBytes` say so.
 * @param limit longest text in bytes
 * @param charts what a code run drew; `artifacts` is there only where there are some
 */
export async function answerWithResult(
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

/** Why something of an execution is not recorded, as an error's message: it has no full stop. */
export function sentenceOf(message: string | null): string {
  return (message ?? 'Not all of it could be recorded.').replace(/\.$/, '')
}

async function* bytesOf(journal: Journal, to: number): AsyncGenerator<Uint8Array> {
  for await (const segment of journal.read({ to })) yield segment.data
}

async function* sentence(message: string | null): AsyncGenerator<Uint8Array> {
  yield Buffer.from(message ?? '')
}
