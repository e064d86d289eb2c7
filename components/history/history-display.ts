/** How entries of the history are worded. */

import { sandboxAddress } from '@/components/target/addresses'
import { sessionPath } from '@/components/target/session-location'
import { executionDisplay, type StateDisplay } from '@/components/ui/state-display'
import { visibleText } from '@/lib/display/visible-text'
import type { HistoryEntry } from '@/lib/process-api/history'

const kindWords = { run: 'run', command: 'command', cell: 'cell' } as const

export function entryDisplay(entry: HistoryEntry): StateDisplay {
  return executionDisplay(entry, entry.timeoutSeconds)
}

/** The name that a person gave it, or the first line of its text. */
export function entryTitle(entry: HistoryEntry): string {
  return entry.name || entry.title || '(empty)'
}

/** `python run`, `shell command`. */
export function entryKind({ kind, language }: HistoryEntry): string {
  return [language, kindWords[kind]].filter(Boolean).join(' ')
}

/** For lists of entries to choose from. */
export function entryLabel(entry: HistoryEntry): string {
  const time = new Date(entry.at).toTimeString().slice(0, 8)
  return visibleText([time, entryDisplay(entry).word, entryTitle(entry).slice(0, 40)].join(' · '))
}

/** The page where the target shows the execution; null if the target no longer has it. */
export function entryHref({ target, sandboxId, kind, parentId, executionId, ...entry }: HistoryEntry): string | null {
  if (entry.removed || entry.sandboxDeleted) return null
  switch (kind) {
    case 'run':
      return sandboxAddress(target, sandboxId, 'run', executionId)
    case 'command':
      return sessionPath(target, sandboxId, { sessionId: parentId, commandId: executionId })
    case 'cell':
      return sandboxAddress(target, sandboxId, 'interpreter')
    default:
      return kind satisfies never
  }
}
