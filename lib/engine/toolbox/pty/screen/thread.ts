/**
 * Entry of the screen thread. It draws all terminals of a toolbox, apart from the thread that passes the bytes on, so
 * that a terminal with much output does not delay keystrokes. Started when the first screen is needed.
 */
import { parentPort } from 'node:worker_threads'
import { HeadlessScreen } from './headless-screen'
import { maxRows, type ScreenReply, type ScreenRequest, scrollbackLines } from './messages'
import { SequenceTracker, skippable } from './plain-run'

type Work = Exclude<ScreenRequest, { op: 'open' }>

/** Queued output is joined up to this size before the part that need not be drawn is skipped. */
const maxJoinedBytes = 4 * 1024 * 1024
const newLine = Buffer.from('\r\n')

function reply(message: ScreenReply): void {
  parentPort?.postMessage(message)
}

/** One terminal with its queue of requests. */
class TerminalWorker {
  private readonly queue: Work[] = []
  private readonly sequences = new SequenceTracker()
  private busy = false

  constructor(
    private readonly terminal: number,
    private readonly screen: HeadlessScreen,
  ) {}

  add(work: Work): void {
    this.queue.push(work)
    if (!this.busy) this.next()
  }

  private next(): void {
    const work = this.queue.shift()
    this.busy = work !== undefined
    if (!work) return
    if (work.op === 'write') {
      this.draw(work.bytes)
      return
    }
    this.perform(work)
    this.next()
  }

  /** Draw these bytes together with the writes that follow them in the queue. */
  private draw(first: Uint8Array): void {
    const parts = [first]
    let length = first.length
    for (let work = this.queue[0]; work?.op === 'write' && length < maxJoinedBytes; work = this.queue[0]) {
      parts.push(work.bytes)
      length += work.bytes.length
      this.queue.shift()
    }
    const bytes = parts.length === 1 ? first : Buffer.concat(parts)
    const skip = this.sequences.isInSequence ? null : skippable(bytes, scrollbackLines + maxRows, this.screen.cols)
    this.sequences.follow(bytes)
    if (skip?.newLine) this.screen.write(newLine, () => {})
    this.screen.write(bytes.subarray(skip?.from ?? 0), () => {
      reply({ op: 'drawn', terminal: this.terminal, bytes: length })
      this.next()
    })
  }

  private perform(work: Exclude<Work, { op: 'write' }>): void {
    switch (work.op) {
      case 'resize':
        this.screen.resize(work.cols, work.rows)
        return
      case 'snapshot':
        reply({ op: 'snapshot', request: work.request, snapshot: this.screen.snapshot() })
        return
      case 'grid':
        reply({ op: 'grid', request: work.request, grid: this.screen.grid() })
        return
      case 'close':
        this.queue.length = 0
        this.screen.dispose()
        return
    }
  }
}

const terminals = new Map<number, TerminalWorker>()

parentPort?.on('message', (message: ScreenRequest) => {
  if (message.op === 'open') {
    terminals.set(
      message.terminal,
      new TerminalWorker(message.terminal, new HeadlessScreen(message.cols, message.rows)),
    )
    return
  }
  terminals.get(message.terminal)?.add(message)
  if (message.op === 'close') terminals.delete(message.terminal)
})
