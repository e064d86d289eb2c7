/** An entry of the history as a request to run it again, or as a draft to edit. */

import type { StartRunRequest } from '@/lib/process-api/extensions'
import type { HistoryDetail } from '@/lib/process-api/history'
import { formatArguments } from './arguments'
import { type Draft, emptyDraft, envRow, type Mode, parseMode } from './draft'

/**
 * The request that runs the text of an entry. Null if it cannot be run the same way by itself: the text was not stored as
 * a whole, it needs the variables of its context, or it had an environment, whose values are never stored.
 */
export function entryRequest(entry: HistoryDetail): StartRunRequest | null {
  if (entry.textTruncated || entry.kind === 'cell' || entry.envNames.length > 0) return null
  const common = { ...(entry.cwd ? { cwd: entry.cwd } : {}), timeout: entry.timeoutSeconds }
  if (entry.language === 'shell') return { kind: 'command', command: entry.text, ...common }
  const { language } = entry
  if (language !== 'python' && language !== 'javascript' && language !== 'typescript') return null
  return { kind: 'code', language, code: entry.text, argv: [...entry.argv], ...common }
}

/** Why an entry cannot be run again as it was; null if it can. */
export function rerunProblem(entry: HistoryDetail): string | null {
  if (entry.textTruncated) return 'Only the beginning of the text was stored.'
  if (entry.kind === 'cell') return 'A cell needs the variables of its context. Edit it to run it by itself.'
  if (entry.envNames.length > 0) return 'The values of its environment were not stored. Edit it to enter them.'
  return entryRequest(entry) === null ? 'Its language is not known.' : null
}

/** The entry as a draft of the runner. Its environment has the names with empty values. */
export function entryDraft(entry: HistoryDetail): { mode: Mode; draft: Draft } {
  return {
    mode: parseMode(entry.language) ?? 'python',
    draft: {
      ...emptyDraft,
      text: entry.text,
      arguments: formatArguments([...entry.argv]),
      cwd: entry.cwd ?? '',
      env: entry.envNames.map((name) => envRow(name, '')),
      timeout: entry.timeoutSeconds === null || entry.kind === 'cell' ? null : String(entry.timeoutSeconds),
    },
  }
}
