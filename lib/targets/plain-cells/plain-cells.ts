/**
 * Cells on targets without the interpreter extension. There the socket that starts a run is the only one that gets its
 * output, so the console holds it and its output for all tabs. Nothing can be interrupted, answered or queued visibly.
 * If the console stops, the output of its cells is lost.
 */
import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import { type ProcessApiClient, targetHeaders } from '@/lib/process-api/client'
import { hasEnded } from '@/lib/process-api/has-ended'
import { type InterpreterRun, interpreterFrameSchema, type RunItem } from '@/lib/process-api/interpreter'
import { interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { startedExecution } from '@/lib/process-api/plain-shapes'
import { titleOf } from '@/lib/process-api/title'
import { CellTranscript, type PlainCellPart } from './cell-transcript'

interface CellAddress {
  target: string
  sandboxId: string
  contextId: string
  runId: string
}

interface PlainCell {
  address: CellAddress
  run: InterpreterRun
  transcript: CellTranscript
  listeners: Set<(part: PlainCellPart) => void>
  error: RunItem | null
  interrupted: boolean
}

/** Cells whose output is stored; the oldest that have ended are dropped. */
const maxCells = 100
const handshakeTimeoutMs = 10_000
const defaultTimeoutSeconds = 600

export class PlainCells {
  /** In the order of their start. */
  private readonly cells = new Map<string, PlainCell>()

  /**
   * Start code in a context and return the id of the run at once.
   * @param toolboxUrl of the sandbox
   */
  start(
    address: Omit<CellAddress, 'runId'>,
    endpoint: ProcessApiClient['endpoint'],
    toolboxUrl: string,
    request: { code: string; timeout: number | null },
  ): string {
    const runId = randomUUID()
    const cell: PlainCell = {
      address: { ...address, runId },
      run: newRun(runId, address.contextId, request),
      transcript: new CellTranscript(),
      listeners: new Set(),
      error: null,
      interrupted: false,
    }
    this.cells.set(runId, cell)
    this.removeOldest()
    const url = toolboxUrl.replace(/^http/, 'ws') + interpreterOperations.executeInContext.path
    const socket = new WebSocket(url, {
      headers: targetHeaders(endpoint.apiKey),
      handshakeTimeout: handshakeTimeoutMs,
      perMessageDeflate: false,
      followRedirects: false,
    })
    const { contextId } = address
    socket.on('open', () => {
      const timeout = request.timeout === null ? {} : { timeout: request.timeout }
      socket.send(JSON.stringify({ code: request.code, contextId, ...timeout }))
    })
    socket.on('message', (data) => receive(cell, String(data)))
    socket.on('error', () => undefined) // `close` follows
    socket.on('close', (code, reason) => end(cell, code, reason.toString()))
    return runId
  }

  /** Call the listener with everything so far, then with what follows. Null for an unknown cell. */
  watch(address: CellAddress, listener: (part: PlainCellPart) => void): (() => void) | null {
    const cell = this.find(address)
    if (!cell) return null
    listener({ kind: 'run', run: cell.run })
    for (const part of cell.transcript.parts()) listener(part)
    if (hasEnded(cell.run.state)) listener({ kind: 'run', run: cell.run })
    cell.listeners.add(listener)
    return () => cell.listeners.delete(listener)
  }

  /** The stored output of a cell as text; null for an unknown cell. */
  output(address: CellAddress): string | null {
    return this.find(address)?.transcript.text() ?? null
  }

  private find({ target, sandboxId, contextId, runId }: CellAddress): PlainCell | null {
    const cell = this.cells.get(runId)
    const known = cell?.address
    return cell && known?.target === target && known.sandboxId === sandboxId && known.contextId === contextId
      ? cell
      : null
  }

  private removeOldest(): void {
    for (const [id, { run }] of this.cells) {
      if (this.cells.size <= maxCells) return
      if (hasEnded(run.state)) this.cells.delete(id)
    }
  }
}

function receive(cell: PlainCell, text: string): void {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return
  }
  const frame = interpreterFrameSchema.safeParse(value)
  if (!frame.success) return
  const { type, text: output, name, value: message, traceback } = frame.data
  if (type === 'stdout' || type === 'stderr') {
    publish(cell, { kind: 'output', stream: type, text: output })
  } else if (type === 'error') {
    cell.error = { kind: 'error', at: 0, name, value: message, traceback }
    publish(cell, { kind: 'item', item: cell.error })
  } else if (output === 'interrupted') {
    cell.interrupted = true
  }
}

function publish(cell: PlainCell, part: PlainCellPart): void {
  cell.transcript.add(part)
  for (const listener of cell.listeners) listener(part)
}

function end(cell: PlainCell, code: number, reason: string): void {
  const endedAt = new Date().toISOString()
  const durationMs = Date.parse(endedAt) - Date.parse(cell.run.queuedAt ?? endedAt)
  cell.run = { ...cell.run, ...verdict(cell, code, reason), endedAt, durationMs }
  for (const listener of cell.listeners) listener({ kind: 'run', run: cell.run })
}

/** What the close of the socket says about the run. */
function verdict(cell: PlainCell, code: number, reason: string): Partial<InterpreterRun> {
  if (code === 1000 && cell.interrupted)
    return { state: 'killed', signal: 'SIGINT', reason: 'signalled', stateAfter: 'kept' }
  if (code === 1000) return { state: cell.error ? 'failed' : 'succeeded', reason: 'exited', stateAfter: 'kept' }
  if (code === 4008) return { state: 'timed-out', reason: 'timeout' }
  if (code === 1008 || code === 1002) {
    return { state: 'failed', reason: 'spawn-failed', message: `The target refused the cell: ${reason}.` }
  }
  if (code === 1001 || code === 1011) {
    return { state: 'killed', reason: 'stopped', stateAfter: 'lost', message: `The context ended: ${reason}.` }
  }
  return { state: 'lost', message: 'The connection to the target was lost; how the cell ended is unknown.' }
}

function newRun(id: string, contextId: string, request: { code: string; timeout: number | null }): InterpreterRun {
  return {
    id,
    contextId,
    generation: 0,
    title: titleOf(request.code),
    rich: false,
    timeoutSeconds: request.timeout ?? defaultTimeoutSeconds,
    position: 0,
    itemCount: 0,
    stateAfter: null,
    ...startedExecution(),
    waitingForInput: null,
  }
}
