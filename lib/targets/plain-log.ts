/**
 * A command's output from a target without journals: the protocol's whole log, read as it streams in and told apart
 * by its markers. It is always read from its start, because the protocol knows no other place to begin.
 */

import type { JournalRef } from '@/lib/live/protocol'
import { executionPath, type ProcessApiClient, refusal, watchingHeaders } from '@/lib/process-api/client'
import { LogMarkerReader, type MarkedPiece } from '@/lib/process-api/log-markers'
import { TargetError } from '@/lib/process-api/problem'

/** A version for which the protocol sends the log as it is, markers in it; newer ones get text in JSON. */
const markedLogVersion = '0.100.0'

/** All pieces that are there now. Throws like the client. */
export async function* readPlainLog(
  client: ProcessApiClient,
  ref: JournalRef,
  signal: AbortSignal,
): AsyncGenerator<MarkedPiece> {
  if (ref.kind === 'run') throw new TargetError('TARGET_UNABLE', 'This target keeps no runs.')
  const toolboxUrl = await client.toolboxUrlOf(ref.sandboxId, { signal })
  const response = await fetch(`${toolboxUrl}${executionPath(ref)}/logs`, {
    headers: { ...watchingHeaders(client.endpoint.apiKey), 'x-daytona-sdk-version': markedLogVersion },
    signal,
    redirect: 'manual',
    cache: 'no-store',
  }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw new TargetError('TARGET_AWAY', 'The target does not answer.', { cause: error })
  })
  if (!response.ok) throw refusal(response.status, await response.text())
  const reader = new LogMarkerReader()
  for await (const chunk of response.body ?? []) yield* reader.push(chunk)
  yield* reader.end()
}
