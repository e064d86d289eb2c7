/** One cell of a notebook and what its last run produced. */

import type { Chart } from '@/lib/process-api/charts'
import type { ExecutionState } from '@/lib/process-api/execution'
import type { StreamText } from './stream-text'

export type CellKind = 'code' | 'markdown' | 'raw'

export type CellOutput =
  | { kind: 'stream'; stream: 'stdout' | 'stderr'; text: StreamText }
  | {
      kind: 'value'
      role: 'result' | 'display'
      /** By media type; binary ones are base64. */
      representations: Record<string, unknown>
      /** Representations that were too large, with their size in characters. */
      omitted: Record<string, number>
    }
  | { kind: 'chart'; chart: Chart }
  | { kind: 'error'; name: string; value: string; traceback: string }
  /** A question of `input()`; `answer` is undefined while it waits, and null for end-of-file and passwords. */
  | { kind: 'input'; prompt: string; password: boolean; answer?: string | null }

/** `waiting`: behind other cells of this tab. `sending`: the console has not confirmed the run yet. */
export type CellState = 'waiting' | 'sending' | ExecutionState

export interface CellRun {
  contextId: string
  /** Null until the target has accepted the run. */
  runId: string | null
  state: CellState
  /** Runs before this one in the queue of the context. */
  position: number
  startedAt: string | null
  durationMs: number | null
  /** One sentence that says more than the state. */
  message: string | null
  interrupted: boolean
  stateAfter: 'kept' | 'lost' | null
  /** Why the cell's output does not arrive now; null while it does. */
  away: string | null
}

export interface Cell {
  id: string
  kind: CellKind
  source: string
  outputs: readonly CellOutput[]
  executionCount: number | null
  /** Of the file; returned to it unchanged. */
  metadata: Record<string, unknown>
  /** Attachments and other fields of the file that the console does not use. */
  rest: Record<string, unknown>
  run: CellRun | null
}

export function newCell(kind: CellKind = 'code', source = ''): Cell {
  return {
    id: crypto.randomUUID().slice(0, 8),
    kind,
    source,
    outputs: [],
    executionCount: null,
    metadata: {},
    rest: {},
    run: null,
  }
}

/** Whether the cell is in a queue or running. */
export function isBusy({ run }: Cell): boolean {
  return run !== null && ['waiting', 'sending', 'queued', 'running'].includes(run.state)
}
