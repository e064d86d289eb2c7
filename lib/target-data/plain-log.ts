/**
 * Output from a target without journals. For a command: the protocol's complete log, split into streams by its markers
 * and always read from the start, because the protocol has no offsets. For a run: the output that the console stored.
 */

import type { JournalRef } from '@/lib/live/protocol'
import { type ProcessApiClient, watchingHeaders } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { LogMarkerReader, type MarkedPiece } from '@/lib/process-api/log-markers'
import { executionPath } from '@/lib/process-api/operations/journal'
import { TargetError } from '@/lib/process-api/problem'
import { refusal } from '@/lib/process-api/refusal'
import { plainRuns } from '@/lib/targets/plain-runs/shared'

/** An SDK version for which targets send the raw log with its markers; newer versions get JSON. */
const markedLogVersion = '0.100.0'

/** All chunks written so far. Throws like the client. */
export async function* readPlainLog(
  target: string,
  client: ProcessApiClient,
  ref: JournalRef,
  signal: AbortSignal,
): AsyncGenerator<MarkedPiece> {
  if (ref.kind === 'run') {
    const sandbox = { target, sandboxId: ref.sandboxId }
    if (plainRuns().get(sandbox, ref.runId) === null) throw new ApiError('NOT_FOUND', 'This run does not exist.')
    const data = plainRuns().output(sandbox, ref.runId)
    if (data.byteLength > 0) yield { stream: 'stdout', offset: 0, data }
    return
  }
  const toolboxUrl = await client.toolboxUrlOf(ref.sandboxId, { signal })
  const response = await fetch(`${toolboxUrl}${executionPath(ref)}/logs`, {
    headers: { ...watchingHeaders(client.endpoint.apiKey), 'x-daytona-sdk-version': markedLogVersion },
    signal,
    redirect: 'manual',
    cache: 'no-store',
  }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw new TargetError('TARGET_UNREACHABLE', 'The target is not responding.', { cause: error })
  })
  if (!response.ok) throw refusal(response.status, await response.text())
  const reader = new LogMarkerReader()
  for await (const chunk of response.body ?? []) yield* reader.push(chunk)
  yield* reader.end()
}
