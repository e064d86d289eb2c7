/**
 * One cell that one tab watches: the run's frames from the target become batches of parts. After a lost connection the
 * target is asked again, and the cell is sent from its start (`reset`).
 */
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { hasEnded } from '@/lib/process-api/has-ended'
import { pathOf } from '@/lib/process-api/operations/address'
import { interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { hasInterpreter } from '@/lib/targets/capability-cache'
import { plainCells } from '@/lib/targets/plain-cells/shared'
import type { CellPart, CellRef } from '../cell-protocol'
import type { ServerMessage } from '../protocol'
import { CellBuffer } from './cell-buffer'
import { cellPartOf } from './cell-frames'
import { connectionLost } from './source-readers'
import { isPermanent, problemOf, TargetRetry } from './target-retry'
import { TargetSocket } from './target-socket'

/** Parts are joined for this time before they are sent. */
const batchMs = 40
/** One message has about this many characters, so that others of the tab come between. */
const messageChars = 512 * 1024
/** The target is paused when this many characters of items wait, and resumed at the lower mark. */
const highWaterChars = 4 * 1024 * 1024
const lowWaterChars = 1024 * 1024
/** The largest frame of a target that is read. */
const maxFrameBytes = 96 * 1024 * 1024

export interface CellChannelOptions {
  number: number
  target: string
  ref: CellRef
  /** The current client of a target; requested before each attempt. */
  client: (target: string) => ProcessApiClient
  sink: {
    /** Whether the tab's socket has room. `pump` is called when it has room again. */
    isReady(): boolean
    message(message: ServerMessage): void
    /** Like `message`, and counts for `isReady`. */
    bulk(message: ServerMessage): void
    /** The channel has failed for good: remove it. */
    finished(channel: number): void
  }
}

export class CellChannel {
  private readonly retry = new TargetRetry()
  private readonly abort = new AbortController()
  private buffer = new CellBuffer()
  private isReset = true
  private hasRunEnded = false
  private socket: TargetSocket | null = null
  private stopWatching: (() => void) | null = null
  private flushTimer: NodeJS.Timeout | null = null

  constructor(private readonly options: CellChannelOptions) {
    void this.connect()
  }

  /** The socket has room again. */
  pump(): void {
    if (!this.buffer.isEmpty) this.schedule()
  }

  close(): void {
    this.abort.abort()
    this.socket?.close()
    this.stopWatching?.()
    if (this.flushTimer) clearTimeout(this.flushTimer)
    this.retry.cancel()
  }

  private async connect(): Promise<void> {
    const { target, ref } = this.options
    try {
      const client = this.options.client(target)
      const extended = await hasInterpreter(target, client, ref.sandboxId)
      if (this.abort.signal.aborted) return
      if (extended) await this.follow(client)
      else this.watchPlain()
    } catch (error) {
      if (!this.abort.signal.aborted) this.handleLoss(error)
    }
  }

  private async follow(client: ProcessApiClient): Promise<void> {
    const { sandboxId, contextId, runId } = this.options.ref
    const toolboxUrl = await client.toolboxUrlOf(sandboxId, { signal: this.abort.signal })
    if (this.abort.signal.aborted) return
    const path = pathOf(interpreterOperations.watchContextRun.path, { id: contextId, run: runId })
    this.restart()
    this.socket = new TargetSocket(
      toolboxUrl + path,
      client.endpoint.apiKey,
      {
        opened: () => this.retry.connected(),
        text: (text) => {
          const part = cellPartOf(text)
          if (part) this.push(part, part.kind === 'output' ? part.text.length : text.length)
        },
        closed: (_code, error) => {
          if (!this.hasRunEnded) this.handleLoss(error ?? connectionLost())
        },
      },
      [],
      maxFrameBytes,
    )
  }

  private watchPlain(): void {
    const { target, ref } = this.options
    this.restart()
    this.stopWatching = plainCells().watch({ target, ...ref }, (part) =>
      this.push(part, part.kind === 'output' ? part.text.length : 0),
    )
    if (this.stopWatching === null)
      throw new ApiError('NOT_FOUND', 'The console no longer has the output of this cell.')
  }

  private restart(): void {
    this.buffer = new CellBuffer()
    this.isReset = true
    this.hasRunEnded = false
  }

  private push(part: CellPart, size: number): void {
    if (part.kind === 'run') this.hasRunEnded = hasEnded(part.run.state)
    this.buffer.push(part, size)
    if (this.buffer.size > highWaterChars) this.socket?.pause()
    this.schedule()
  }

  private schedule(): void {
    this.flushTimer ??= setTimeout(() => this.flush(), batchMs)
  }

  private flush(): void {
    this.flushTimer = null
    const { sink, number } = this.options
    while (!this.buffer.isEmpty && sink.isReady()) {
      sink.bulk({ t: 'cell', ch: number, reset: this.isReset, parts: this.buffer.take(messageChars) })
      this.isReset = false
    }
    if (this.buffer.size < lowWaterChars) this.socket?.resume()
  }

  private handleLoss(error: unknown): void {
    const { sink, number } = this.options
    const { code, message } = problemOf(error, 'A cell cannot be watched')
    // A conflict, such as a stopped sandbox, is final for a cell.
    if (isPermanent(error) || (error instanceof ApiError && error.code === 'CONFLICT')) {
      sink.message({ t: 'error', ch: number, code, message })
      sink.finished(number)
      return
    }
    const retryMs = this.retry.schedule(() => void this.connect())
    sink.message({ t: 'away', ch: number, retryMs, message })
  }
}
