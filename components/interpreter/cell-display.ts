import type { StateDisplay } from '@/components/ui/state-display'
import { executionDisplay } from '@/components/ui/state-display'
import type { Cell } from './cell'

/** Glyph, word and tone of a cell's state; null for a cell that has not run. */
export function cellDisplay({ run, outputs }: Cell): StateDisplay | null {
  if (run === null) return null
  const { state } = run
  if (state === 'waiting') return { glyph: 'starting', tone: 'run', word: 'queued' }
  if (state === 'sending') return { glyph: 'starting', tone: 'run', word: 'starting' }
  if (state === 'queued') {
    return { glyph: 'starting', tone: 'run', word: run.position > 0 ? `queued · ${run.position} before` : 'queued' }
  }
  if (run.away !== null) return { glyph: 'disconnected', tone: 'off', word: 'disconnected' }
  if (state === 'failed') return { glyph: 'failed', tone: 'fail', word: 'error' }
  if (state === 'succeeded') return { glyph: 'succeeded', tone: 'ok', word: 'done' }
  if (run.interrupted) return { glyph: 'interrupted', tone: 'kill', word: 'interrupted' }
  if (state === 'killed') return { glyph: 'killed', tone: 'kill', word: 'killed' }
  const waitingForInput = outputs.some((output) => output.kind === 'input' && output.answer === undefined)
  return executionDisplay({
    state,
    exitCode: null,
    signal: null,
    reason: null,
    startedAt: run.startedAt,
    waitingForInput,
  })
}
