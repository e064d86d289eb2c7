/** The toolbox's side of the screen thread: one thread for all PTYs, started at the first screen. */
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import {
  maxRows,
  type ScreenGrid,
  type ScreenReply,
  type ScreenRequest,
  type ScreenSnapshot,
  scrollbackLines,
} from './messages'
import { ScreenFeed } from './screen-feed'

interface Question {
  resolve(answer: ScreenSnapshot | ScreenGrid): void
  reject(reason: Error): void
}

export class Screens {
  private worker: Worker | null = null
  private readonly screens = new Map<number, Screen>()
  private readonly questions = new Map<number, Question>()
  private made = 0
  private asked = 0

  constructor(private readonly assetsDir: () => string) {}

  /** A new, empty screen. */
  open(cols: number, rows: number): Screen {
    this.made += 1
    const screen = new Screen(this, this.made)
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

  ask(op: 'snapshot' | 'grid', terminal: number): Promise<ScreenSnapshot | ScreenGrid> {
    return new Promise((resolve, reject) => {
      this.asked += 1
      this.questions.set(this.asked, { resolve, reject })
      this.post({ op, terminal, request: this.asked })
    })
  }

  private start(): Worker {
    const worker = new Worker(path.join(this.assetsDir(), 'pty-screen.mjs'))
    worker.unref()
    worker.on('message', (reply: ScreenReply) => this.heard(reply))
    worker.on('error', (error) => console.error('the screen thread failed:', error))
    worker.on('exit', () => this.lost(worker))
    return worker
  }

  private heard(reply: ScreenReply): void {
    if (reply.op === 'drawn') {
      this.screens.get(reply.terminal)?.drawn(reply.bytes)
      return
    }
    const question = this.questions.get(reply.request)
    this.questions.delete(reply.request)
    question?.resolve(reply.op === 'snapshot' ? reply.snapshot : reply.grid)
  }

  /** The thread is gone: its screens are made anew by whoever needs one. */
  private lost(worker: Worker): void {
    if (this.worker !== worker) return
    this.worker = null
    const screens = [...this.screens.values()]
    this.screens.clear()
    for (const question of this.questions.values()) question.reject(new Error('the screen thread ended'))
    this.questions.clear()
    for (const screen of screens) screen.lose()
  }
}

/**
 * Output is drawn when so much of it waits, after so long, or when somebody wants to see the screen. Of a flood, most
 * has scrolled away by then, and the machine is left to those who carry the bytes.
 */
const gatherBytes = 1024 * 1024
const gatherMs = 250

export class Screen {
  private readonly feed = new ScreenFeed(scrollbackLines + maxRows)
  private timer: NodeJS.Timeout | null = null
  /** Bytes that the thread has not drawn yet. */
  private posted = 0
  private gone = false
  /** Called when bytes were drawn, and when the screen was lost. */
  onProgress: () => void = () => {}

  constructor(
    private readonly screens: Screens,
    readonly number: number,
  ) {}

  /** Bytes that are not drawn yet. */
  get backlog(): number {
    return this.posted + this.feed.size
  }

  /** True once the thread that had it has ended. */
  get isLost(): boolean {
    return this.gone
  }

  /** Keeps the bytes, without a copy. */
  write(bytes: Uint8Array): void {
    if (this.gone || bytes.length === 0) return
    this.feed.add(bytes)
    if (this.feed.size >= gatherBytes) this.post()
    else this.timer ??= setTimeout(() => this.post(), gatherMs)
  }

  resize(cols: number, rows: number): void {
    if (this.gone) return
    this.post()
    this.screens.post({ op: 'resize', terminal: this.number, cols, rows })
  }

  /** The screen after everything that was written until now. Rejects when the thread ends. */
  async snapshot(): Promise<ScreenSnapshot> {
    this.post()
    return (await this.screens.ask('snapshot', this.number)) as ScreenSnapshot
  }

  async grid(): Promise<ScreenGrid> {
    this.post()
    return (await this.screens.ask('grid', this.number)) as ScreenGrid
  }

  close(): void {
    this.gone = true
    if (this.timer) clearTimeout(this.timer)
    this.screens.close(this)
  }

  drawn(bytes: number): void {
    this.posted -= bytes
    this.onProgress()
  }

  lose(): void {
    this.gone = true
    this.posted = 0
    this.feed.take()
    this.onProgress()
  }

  private post(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    if (this.gone || this.feed.size === 0) return
    const bytes = this.feed.take()
    this.posted += bytes.length
    this.screens.post({ op: 'write', terminal: this.number, bytes }, [bytes.buffer])
  }
}
