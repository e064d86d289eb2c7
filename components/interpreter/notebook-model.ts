/** The notebook of a page: its cells, for React through `subscribe` and `getState`. Every state is a new object. */
import { type Cell, type CellKind, newCell } from './cell'

export interface NotebookState {
  cells: readonly Cell[]
  metadata: Record<string, unknown>
  /** Grows with every change that belongs into the file. */
  revision: number
}

export class NotebookModel {
  private state: NotebookState = { cells: [newCell()], metadata: {}, revision: 0 }
  private readonly listeners = new Set<() => void>()

  readonly getState = (): NotebookState => this.state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  find(id: string): Cell | undefined {
    return this.state.cells.find((cell) => cell.id === id)
  }

  /** Replace the whole notebook; an empty one gets its first cell. */
  load(cells: readonly Cell[], metadata: Record<string, unknown>): void {
    this.state = { cells: cells.length === 0 ? [newCell()] : cells, metadata, revision: this.state.revision }
    this.notify()
  }

  /** @param inFile false for what the file does not contain, such as a position in a queue */
  update(id: string, change: Partial<Cell>, inFile = true): void {
    this.set(
      this.state.cells.map((cell) => (cell.id === id ? { ...cell, ...change } : cell)),
      inFile,
    )
  }

  /** Insert a cell and return its id. */
  insert(index: number, kind: CellKind = 'code', source = ''): string {
    const cell = newCell(kind, source)
    this.set(this.state.cells.toSpliced(index, 0, cell))
    return cell.id
  }

  append(cells: readonly Cell[]): void {
    const last = this.state.cells.at(-1)
    const kept =
      last && last.source === '' && last.outputs.length === 0 ? this.state.cells.slice(0, -1) : this.state.cells
    this.set([...kept, ...cells])
  }

  /** The last cell is emptied instead. */
  remove(id: string): void {
    const cells = this.state.cells.filter((cell) => cell.id !== id)
    this.set(cells.length === 0 ? [newCell()] : cells)
  }

  move(id: string, by: -1 | 1): void {
    const index = this.indexOf(id)
    const cell = this.state.cells[index]
    const to = index + by
    if (!cell || to < 0 || to >= this.state.cells.length) return
    this.set(this.state.cells.toSpliced(index, 1).toSpliced(to, 0, cell))
  }

  clearOutputs(): void {
    this.set(this.state.cells.map((cell) => ({ ...cell, outputs: [], executionCount: null, run: busyRun(cell) })))
  }

  /** The file has to be written, although no cell changes now. */
  touch(): void {
    this.set(this.state.cells)
  }

  indexOf(id: string): number {
    return this.state.cells.findIndex((cell) => cell.id === id)
  }

  private set(cells: readonly Cell[], inFile = true): void {
    this.state = { ...this.state, cells, revision: this.state.revision + (inFile ? 1 : 0) }
    this.notify()
  }

  private notify(): void {
    for (const listener of this.listeners) listener()
  }
}

/** A run that is under way stays visible when outputs are cleared. */
function busyRun({ run }: Cell): Cell['run'] {
  return run !== null && (run.state === 'running' || run.state === 'queued') ? run : null
}
