/**
 * Runs cells of a notebook one after the other in one context, and watches runs that are under way. A cell that fails
 * stops the ones behind it, as in every notebook.
 */
import type { CellSink } from '@/lib/live/client/live-client'
import { hasEnded } from '@/lib/process-api/has-ended'
import { type CellRun, isBusy } from './cell'
import { applyParts, runAfter } from './cell-outputs'
import type { NotebookModel } from './notebook-model'

export interface CellRunnerDeps {
  /** Start code in a context; resolves with the id of the run, rejects with the reason as the message. */
  start(contextId: string, code: string): Promise<string>
  watch(contextId: string, runId: string, sink: CellSink): () => void
  /** A cell has ended: variables may have changed. `attached`: another tab, or an earlier page, has started it. */
  ended(attached: boolean): void
}

export class CellRunner {
  private readonly queue: { cellId: string; contextId: string }[] = []
  private readonly watched = new Map<string, () => void>()
  private current: string | null = null

  constructor(
    private readonly model: NotebookModel,
    private readonly deps: CellRunnerDeps,
  ) {}

  /** Queue cells. Cells that are not code, are empty, or are busy are left out. */
  run(cellIds: readonly string[], contextId: string): void {
    for (const cellId of cellIds) {
      const cell = this.model.find(cellId)
      if (cell?.kind !== 'code' || cell.source.trim() === '' || isBusy(cell)) continue
      this.queue.push({ cellId, contextId })
      this.model.update(cellId, { run: pendingRun(contextId) }, false)
    }
    void this.next()
  }

  /** Watch the cells whose runs were under way when the notebook was stored. */
  attach(): void {
    for (const { id, run } of this.model.getState().cells) {
      if (run?.runId && run.state === 'running' && !this.watched.has(id)) this.watch(id, run.contextId, run.runId, null)
    }
  }

  /** Remove all cells that have not started. */
  cancelQueue(): void {
    for (const { cellId } of this.queue.splice(0)) {
      if (this.model.find(cellId)?.run?.state === 'waiting') this.model.update(cellId, { run: null }, false)
    }
  }

  /** Whether this page watches or has started the run. */
  knows(runId: string): boolean {
    return this.model.getState().cells.some(({ run }) => run?.runId === runId)
  }

  close(): void {
    this.queue.length = 0
    for (const stop of this.watched.values()) stop()
    this.watched.clear()
  }

  private async next(): Promise<void> {
    if (this.current !== null) return
    const next = this.queue.shift()
    if (!next) return
    this.current = next.cellId
    const succeeded = await this.execute(next.cellId, next.contextId)
    this.current = null
    if (!succeeded) this.cancelQueue()
    void this.next()
  }

  /** True if the cell ran without an error. */
  private async execute(cellId: string, contextId: string): Promise<boolean> {
    const cell = this.model.find(cellId)
    if (!cell) return true // removed while it waited
    const executionCount = 1 + Math.max(0, ...this.model.getState().cells.map((it) => it.executionCount ?? 0))
    const sending: CellRun = { ...pendingRun(contextId), state: 'sending' }
    this.model.update(cellId, { outputs: [], executionCount, run: sending }, false)
    let runId: string
    try {
      runId = await this.deps.start(contextId, cell.source)
    } catch (error) {
      const message = error instanceof Error ? error.message : 'The cell could not be started.'
      this.model.update(cellId, { run: { ...sending, state: 'failed', message } })
      return false
    }
    this.model.update(cellId, { run: { ...sending, runId, state: 'running' } })
    return await new Promise((resolve) => this.watch(cellId, contextId, runId, resolve))
  }

  /** @param ended null for a run that another tab or an earlier page has started, which saves the result itself */
  private watch(cellId: string, contextId: string, runId: string, ended: ((succeeded: boolean) => void) | null): void {
    this.watched.get(cellId)?.()
    const finish = (succeeded: boolean) => {
      stop()
      this.watched.delete(cellId)
      this.deps.ended(ended === null)
      ended?.(succeeded)
    }
    const stop = this.deps.watch(contextId, runId, {
      parts: (parts, reset) => {
        const cell = this.model.find(cellId)
        const wire = parts.findLast((part) => part.kind === 'run')?.run
        const over = wire !== undefined && hasEnded(wire.state)
        if (cell?.run?.runId === runId) {
          const run = wire ? runAfter(cell.run, wire) : { ...cell.run, away: null }
          this.model.update(
            cellId,
            { outputs: applyParts(reset ? [] : cell.outputs, parts), run },
            over && ended !== null,
          )
        }
        if (over) finish(wire.state === 'succeeded')
      },
      away: (message) => this.patch(cellId, runId, { away: message }),
      failed: (_code, message) => {
        this.patch(cellId, runId, { state: 'lost', message, away: null })
        finish(false)
      },
    })
    this.watched.set(cellId, stop)
  }

  private patch(cellId: string, runId: string, change: Partial<CellRun>): void {
    const run = this.model.find(cellId)?.run
    if (run?.runId === runId) this.model.update(cellId, { run: { ...run, ...change } })
  }
}

function pendingRun(contextId: string): CellRun {
  return {
    contextId,
    runId: null,
    state: 'waiting',
    position: 0,
    startedAt: null,
    durationMs: null,
    message: null,
    interrupted: false,
    stateAfter: null,
    away: null,
  }
}
