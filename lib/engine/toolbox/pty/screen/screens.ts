/** The toolbox's side of the screen thread: one thread for all PTYs, started at the first screen. */
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { log } from '@/lib/log/log'
import {
  maxRows,
  type ScreenGrid,
  type ScreenReply,
  type ScreenRequest,
  type ScreenSnapshot,
  scrollbackLines,
} from './messages'
import { ScreenFeed } from './screen-feed'

interface PendingRequest {
  resolve(reply: ScreenSnapshot | ScreenGrid): void
  reject(reason: Error): void
}

export class Screens {
  private worker: Worker | null = null
  private readonly screens = new Map<number, Screen>()
  private readonly pendingRequests = new Map<number, PendingRequest>()
  private createdCount = 0
  private requestCount = 0

  constructor(private readonly assetsDir: () => string) {}

  /** A new, empty screen. */
  open(cols: number, rows: number): Screen {
    this.createdCount += 1
    const screen = new Screen(this, this.createdCount)
    this.screens.set(screen.number, screen)
    this.post({ op: 'open', terminal: screen.number, cols, rows })
    return screen
  }

  close(screen: Screen): void {
    if (this.screens.delete(screen.number)) this.post({ op: 'close', terminal: screen.number })
  }

  post(request: ScreenRequest, transfer: ArrayBuffer[] = []): void {
    this.worker ??= this.start()
    this.worker.postMessage(request, transfer)
  }

  request(op: 'snapshot' | 'grid', terminal: number): Promise<ScreenSnapshot | ScreenGrid> {
    return new Promise((resolve, reject) => {
      this.requestCount += 1
      this.pendingRequests.set(this.requestCount, { resolve, reject })
      this.post({ op, terminal, request: this.requestCount })
    })
  }

  private start(): Worker {
    const worker = new Worker(path.join(this.assetsDir(), 'pty-screen.mjs'))
    worker.unref()
    worker.on('message', (reply: ScreenReply) => this.handleReply(reply))
    worker.on('error', (error) => log.error({ err: error }, 'the screen thread failed'))
    worker.on('exit', () => this.handleExit(worker))
    return worker
  }

  private handleReply(reply: ScreenReply): void {
    if (reply.op === 'drawn') {
      this.screens.get(reply.terminal)?.drawn(reply.bytes)
      return
    }
    const pending = this.pendingRequests.get(reply.request)
    this.pendingRequests.delete(reply.request)
    pending?.resolve(reply.op === 'snapshot' ? reply.snapshot : reply.grid)
  }

  /** The screens of an exited thread are lost; their owners open new ones when they need them. */
  private handleExit(worker: Worker): void {
    if (this.worker !== worker) return
    this.worker = null
    const screens = [...this.screens.values()]
    this.screens.clear()
    for (const pending of this.pendingRequests.values()) pending.reject(new Error('the screen thread exited'))
    this.pendingRequests.clear()
    for (const screen of screens) screen.markLost()
  }
}

/**
 * Output is posted to the thread in batches of this size, after this time, or when the screen is requested. Most of a
 * flood has scrolled away by then and need not be drawn.
 */
const maxBatchBytes = 1024 * 1024
const batchIntervalMs = 250

export class Screen {
  private readonly feed = new ScreenFeed(scrollbackLines + maxRows)
  private timer: NodeJS.Timeout | null = null
  /** Bytes that were posted to the thread and are not drawn yet. */
  private postedBytes = 0
  private closed = false
  /** Called when bytes were drawn, and when the screen is lost. */
  onProgress: () => void = () => {}

  constructor(
    private readonly screens: Screens,
    readonly number: number,
  ) {}

  /** All bytes that are not drawn yet. */
  get backlog(): number {
    return this.postedBytes + this.feed.size
  }

  /** True once the screen was closed or its thread has exited. */
  get isLost(): boolean {
    return this.closed
  }

  /** Keeps the bytes, without a copy. */
  write(bytes: Uint8Array): void {
    if (this.closed || bytes.length === 0) return
    this.feed.add(bytes)
    if (this.feed.size >= maxBatchBytes) this.post()
    else this.timer ??= setTimeout(() => this.post(), batchIntervalMs)
  }

  resize(cols: number, rows: number): void {
    if (this.closed) return
    this.post()
    this.screens.post({ op: 'resize', terminal: this.number, cols, rows })
  }

  /** The screen after everything that was written until now. Rejects where the thread exits. */
  async snapshot(): Promise<ScreenSnapshot> {
    this.post()
    return (await this.screens.request('snapshot', this.number)) as ScreenSnapshot
  }

  async grid(): Promise<ScreenGrid> {
    this.post()
    return (await this.screens.request('grid', this.number)) as ScreenGrid
  }

  close(): void {
    this.closed = true
    if (this.timer) clearTimeout(this.timer)
    this.screens.close(this)
  }

  drawn(bytes: number): void {
    this.postedBytes -= bytes
    this.onProgress()
  }

  markLost(): void {
    this.closed = true
    this.postedBytes = 0
    this.feed.take()
    this.onProgress()
  }

  private post(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    if (this.closed || this.feed.size === 0) return
    const bytes = this.feed.take()
    this.postedBytes += bytes.length
    this.screens.post({ op: 'write', terminal: this.number, bytes }, [bytes.buffer])
  }
}
