/** Display of a process: its state, its owner, its CPU share. */

import { sandboxAddress } from '@/components/target/addresses'
import { sessionPath } from '@/components/target/session-location'
import { terminalPath } from '@/components/target/terminal-location'
import type { StateDisplay } from '@/components/ui/state-display'
import type { ProcessOwner, ProcessState } from '@/lib/process-api/process-tree'

const displays: Record<ProcessState, StateDisplay> = {
  running: { glyph: 'running', tone: 'run', word: 'running' },
  sleeping: { glyph: 'idle', tone: 'off', word: 'sleeping' },
  waiting: { glyph: 'starting', tone: 'time', word: 'disk wait' },
  stopped: { glyph: 'interrupted', tone: 'kill', word: 'stopped' },
  zombie: { glyph: 'killed', tone: 'off', word: 'zombie' },
  unknown: { glyph: 'unknown', tone: 'off', word: 'unknown' },
}

export function processDisplay(state: ProcessState): StateDisplay {
  return displays[state]
}

/** Name of a process's owner, and the address of its page; null when it has no page. */
export function ownerDisplay(
  owner: ProcessOwner | null,
  target: string,
  sandboxId: string,
): { word: string; href: string | null } {
  switch (owner?.kind) {
    case undefined:
      return { word: 'unknown', href: null }
    case 'session':
      return {
        word: `session ${owner.sessionId}`,
        href: sessionPath(target, sandboxId, { sessionId: owner.sessionId, commandId: null }),
      }
    case 'command':
      return { word: `command in ${owner.sessionId}`, href: sessionPath(target, sandboxId, owner) }
    case 'run':
      return { word: `run ${owner.runId.slice(0, 8)}`, href: sandboxAddress(target, sandboxId, 'run', owner.runId) }
    case 'pty':
      return { word: `terminal ${owner.ptyId}`, href: terminalPath(target, sandboxId, [owner.ptyId]) }
    case 'context':
      return { word: `interpreter ${owner.contextId.slice(0, 8)}`, href: null }
    case 'system':
      return { word: 'system', href: null }
    default:
      return owner satisfies never
  }
}

export function formatPercent(percent: number | null): string {
  return percent === null ? '–' : `${percent.toFixed(1)} %`
}
