/** The beginning of the output of a run as text, to compare it with that of another. */
import { queryOptions } from '@tanstack/react-query'
import type { ExecutionState } from '@/lib/process-api/execution'
import { hasEnded } from '@/lib/process-api/has-ended'
import { consoleUnreachable } from './call-failure'
import { queryKeys } from './query-keys'
import { targetPath, toFailure } from './read'

/** A comparison of longer texts would hold up the page. */
export const maxOutputText = 256 * 1024

export interface OutputText {
  text: string
  /** Whether this is the whole output. */
  whole: boolean
}

export function runOutputQuery(target: string, sandboxId: string, runId: string, state: ExecutionState) {
  return queryOptions({
    queryKey: [...queryKeys.run(target, sandboxId, runId), 'output', hasEnded(state)],
    queryFn: ({ signal }) =>
      readOutput(`${targetPath(target, 'sandboxes', sandboxId, 'runs', runId)}/journal/download`, signal),
    staleTime: hasEnded(state) ? Number.POSITIVE_INFINITY : 0,
    gcTime: 0,
  })
}

async function readOutput(url: string, signal: AbortSignal): Promise<OutputText> {
  const stop = new AbortController()
  const response = await fetch(url, { signal: AbortSignal.any([signal, stop.signal]) }).catch((cause) => {
    if (signal.aborted) throw cause
    throw consoleUnreachable(cause)
  })
  if (!response.ok) throw await toFailure(response)
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length <= maxOutputText) continue
    stop.abort()
    return { text: text.slice(0, maxOutputText), whole: false }
  }
  return { text: text + decoder.decode(), whole: true }
}
