/**
 * Reads one journal onto a screen: opens its tail, follows it or pauses, loads earlier parts, and keeps the amount of
 * unparsed output small. The screen always shows one contiguous window of the journal; the bytes before and after the
 * window are counted.
 */
import type { JournalSink, JournalSubscription, LiveClient, ReceivedChunk } from '@/lib/live/client/live-client'
import type { JournalRef } from '@/lib/live/protocol'
import type { OutputSize } from '@/lib/process-api/execution'
import { FrameTask } from './frame-task'
import { JournalWindow, type WindowOptions } from './journal-window'
import type { LogTerminal } from './log-terminal'
import { initialView, type ReaderView, type StreamFilter } from './reader-view'

/** The size of the part that is opened at the tail, and of each earlier part. */
export const windowBytes = 1024 * 1024
/** A journal up to this size is opened completely. */
const maxWholeBytes = 1.5 * windowBytes
/** Limits of the bytes in xterm's queue, while following and while paused. */
const maxUnparsedFollowing = 256 * 1024
const maxUnparsedPaused = 64 * 1024
/** While paused, the reader stops when this many rows are below the screen. */
const maxRowsAhead = 6000
/** With a larger lag, the tail is opened again instead of reading everything in between. */
const maxCatchUpBytes = 2 * windowBytes

/** The part of the screen that the reader uses. */
export type LogScreen = Pick<
  LogTerminal,
  | 'write'
  | 'reset'
  | 'settle'
  | 'afterWrites'
  | 'lines'
  | 'atBottom'
  | 'rowsBelow'
  | 'hasDropped'
  | 'topOffset'
  | 'viewOffset'
  | 'setFollowing'
  | 'scrollToOffset'
>

interface ReaderOptions {
  client: Pick<LiveClient, 'follow'>
  target: string
  ref: JournalRef
  screen: LogScreen
  /** The last known size of the journal. */
  size: OutputSize
  /** Converts an offset from one filter to another; null where that is unknown. */
  convertOffset?: (offset: number, from: StreamFilter, to: StreamFilter) => Promise<number | null>
  /** Calls a function at the next frame. */
  nextFrame: (run: () => void) => void
}

export class JournalReader {
  private readonly screen: LogScreen
  private readonly listeners = new Set<() => void>()
  private readonly flushTask: FrameTask
  private readonly viewTask: FrameTask
  private view = initialView
  private window = new JournalWindow({ from: 0, startsLine: true })
  private subscription: JournalSubscription | null = null
  private sizes: OutputSize
  /** Bytes of the journal, or of the selected stream. */
  private size: number
  private filter: StreamFilter = 'both'
  /** Bytes in xterm's queue, those of earlier windows included. */
  private unparsed = 0
  private missing = 0
  private isFollowing = true
  /** The number of lines when the view was paused; null where the view shows an earlier part. */
  private linesAtPause: number | null = 0
  /** Where the window started before the view was cleared. */
  private clearedFrom: number | null = null
  private isVisible = true
  private isStopped = false

  constructor(private readonly options: ReaderOptions) {
    this.screen = options.screen
    this.sizes = options.size
    this.size = options.size.bytes
    this.flushTask = new FrameTask(options.nextFrame, () => this.flush())
    this.viewTask = new FrameTask(options.nextFrame, () => this.update({}))
  }

  readonly getView = (): ReaderView => this.view

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  start(): void {
    this.openTail()
  }

  stop(): void {
    this.isStopped = true
    this.flushTask.stop()
    this.viewTask.stop()
    this.subscription?.close()
  }

  /** A hidden pane parses nothing; its stream stops when the credit is used up. */
  setVisible(visible: boolean): void {
    if (visible === this.isVisible) return
    this.isVisible = visible
    if (!visible) return
    if (this.isFollowing && this.laterBytes > maxCatchUpBytes) this.openTail()
    else this.flushTask.request()
  }

  /** Set the size of the journal from events, which a paused view does not read. */
  setSize(sizes: OutputSize): void {
    this.sizes = sizes
    this.grow(sizeOf(sizes, this.filter))
  }

  /** Show both streams or only one. A paused view stays near the same line. */
  setFilter(filter: StreamFilter): void {
    if (filter === this.filter) return
    const before = this.filter
    const { viewOffset } = this.screen
    const wasFollowing = this.isFollowing
    this.filter = filter
    this.size = sizeOf(this.sizes, filter)
    this.openTail()
    if (!wasFollowing && viewOffset !== null) this.openConverted(viewOffset, before, filter)
  }

  /** Read the same part again, after a change of how the screen shows it. */
  reopen(): void {
    const { viewOffset } = this.screen
    if (this.isFollowing || viewOffset === null) this.openTail()
    else this.openAt(viewOffset)
  }

  /** Open the part around an offset, paused, with its line at the top of the screen. */
  openAt(offset: number, onArrived: () => void = () => undefined): void {
    const from = Math.max(0, offset - windowBytes / 2)
    this.open({ from, startsLine: false, seek: { offset, onArrived } }, false)
  }

  /** Show the line of an offset: scroll where it is loaded, else open the part around it. */
  goTo(offset: number): void {
    const isLoaded = offset >= this.windowStart && offset < this.window.parsedTo && this.window.seek === null
    if (isLoaded && this.clearedFrom === null) {
      this.pause()
      this.screen.scrollToOffset(offset)
      this.viewTask.request()
    } else {
      this.openAt(offset)
    }
  }

  /** Whether an offset is being opened, and its part is not on the screen yet. */
  get isSeeking(): boolean {
    return this.window.seek !== null
  }

  /** The user scrolled: follow at the end of the journal, pause elsewhere. */
  userScrolled(): void {
    if (this.window.seek !== null) return
    if (!this.screen.atBottom) this.pause()
    else if (!this.isFollowing && this.hasCaughtUp) this.setFollowing(true)
    this.flushTask.request()
  }

  pause(): void {
    if (this.isFollowing) this.setFollowing(false)
  }

  /** Go to the end and follow. */
  resume(): void {
    if (this.laterBytes > maxCatchUpBytes) this.openTail()
    else this.setFollowing(true)
    this.flushTask.request()
  }

  /** Open the part before the window, with the first line of the window at the top of the screen. */
  loadEarlier(): void {
    const offset = this.windowStart
    const seek = { offset, onArrived: () => undefined }
    this.open({ from: Math.max(0, offset - windowBytes), startsLine: false, seek }, false)
  }

  openFromStart(): void {
    this.open({ from: 0, startsLine: true }, false)
  }

  /** Clear the screen, not the journal. */
  clear(): void {
    const { window } = this
    this.clearedFrom ??= this.windowStart
    this.screen.reset()
    this.screen.afterWrites(() => {
      window.clear()
      if (this.linesAtPause !== null) this.linesAtPause = 0
      this.viewTask.request()
    })
    if (this.laterBytes <= maxCatchUpBytes) this.setFollowing(true)
  }

  undoClear(): void {
    if (this.clearedFrom !== null) this.open({ from: this.clearedFrom, startsLine: true }, true)
  }

  /** Open the journal again after a failure. */
  retry(): void {
    this.update({ phase: 'opening', failure: null })
    this.subscription?.retry()
  }

  private openTail(options: Partial<WindowOptions> = {}): void {
    const from = this.size > maxWholeBytes ? this.size - windowBytes : 0
    this.open({ from, startsLine: false, ...options }, true)
  }

  private open(options: WindowOptions, follow: boolean): void {
    this.subscription?.close()
    this.window = new JournalWindow(options)
    this.clearedFrom = null
    this.isFollowing = follow
    this.linesAtPause = follow ? 0 : null
    this.screen.reset()
    this.screen.afterWrites(() => this.screen.setFollowing(follow))
    this.update({ phase: 'opening', failure: null, over: false, ended: null })
    const { client, target, ref } = this.options
    const stream = this.filter === 'both' ? null : this.filter
    this.subscription = client.follow(target, ref, stream, options.from, this.createSink(options.from))
  }

  /** Open the part around an offset of another filter. Where the offset is unknown, the tail stays open. */
  private openConverted(offset: number, from: StreamFilter, to: StreamFilter): void {
    const { window } = this
    this.options.convertOffset?.(offset, from, to).then(
      (converted) => {
        if (converted !== null && window === this.window) this.openAt(converted)
      },
      () => undefined,
    )
  }

  private createSink(openedFrom: number): JournalSink {
    const sink: JournalSink = {
      opened: (_from, size) => {
        if (size !== null) this.size = Math.max(this.size, size)
        this.update({ phase: 'open', failure: null, awayUntil: null, awayMessage: null })
        this.correctTail(openedFrom)
      },
      data: (chunk) => this.receive(chunk),
      lagging: (bytes) => this.grow(this.window.receivedTo + bytes),
      ended: (_offset, execution) => {
        this.update({ over: true, ended: execution })
        this.flushTask.request()
      },
      away: (retryMs, message) => this.update({ awayUntil: Date.now() + retryMs, awayMessage: message }),
      failed: (code, message) => this.update({ phase: 'failed', failure: { code, message } }),
      replaced: () => {
        this.size = 0
        this.open({ from: 0, startsLine: true }, true)
      },
    }
    return unlessStopped(sink, () => this.isStopped)
  }

  /**
   * Open the real tail where the known size was much too small. Only once, since a fast writer is always ahead of the
   * known size.
   */
  private correctTail(openedFrom: number): void {
    const isFar = this.size - openedFrom > windowBytes + maxCatchUpBytes
    if (isFar && this.isFollowing && this.window.isEmpty && !this.window.isCorrection) {
      this.openTail({ isCorrection: true })
    }
  }

  private receive(chunk: ReceivedChunk): void {
    this.window.push(chunk)
    this.missing += chunk.missing
    this.size = Math.max(this.size, chunk.offset + chunk.data.length)
    if (this.view.phase !== 'open' || this.view.awayUntil !== null) {
      this.update({ phase: 'open', awayUntil: null, awayMessage: null })
    }
    this.flushTask.request()
  }

  private grow(size: number): void {
    if (size <= this.size) return
    this.size = size
    this.viewTask.request()
  }

  private flush(): void {
    const maxUnparsed = this.isFollowing ? maxUnparsedFollowing : maxUnparsedPaused
    while (this.isVisible && this.window.hasQueue && this.unparsed < maxUnparsed && !this.isFarAhead) {
      this.writeNext(this.window)
    }
    if (!this.window.hasQueue && this.view.over) this.writeIncomplete()
    this.viewTask.request()
  }

  /** While paused with enough rows below the screen, the rest waits at the server. */
  private get isFarAhead(): boolean {
    return !this.isFollowing && this.window.seek === null && this.screen.rowsBelow > maxRowsAhead
  }

  private writeNext(window: JournalWindow): void {
    const next = window.take()
    if (!next) return
    const { chunk, received, end } = next
    const onParsed = () => {
      this.unparsed -= received
      if (window !== this.window || this.isStopped) return
      window.parsed(end)
      this.subscription?.parsed(received)
      this.reachSeek(window)
      if (window.hasQueue) this.flushTask.request()
      else this.viewTask.request()
    }
    this.unparsed += received
    if (chunk.data.length === 0) this.screen.afterWrites(onParsed)
    else this.screen.write(chunk, onParsed)
  }

  private writeIncomplete(): void {
    for (const chunk of this.window.takeIncomplete()) this.screen.write(chunk, () => undefined)
    this.screen.settle()
  }

  /** Scroll to the offset. The seek is over once the screen is full below its line. */
  private reachSeek(window: JournalWindow): void {
    const { seek } = window
    if (seek === null || window.parsedTo < seek.offset) return
    if (!this.screen.scrollToOffset(seek.offset) && !this.hasCaughtUp) return
    window.seek = null
    // Whoever waits for the place continues from what is loaded now.
    this.update({})
    seek.onArrived()
  }

  private setFollowing(following: boolean): void {
    this.isFollowing = following
    this.linesAtPause = following ? 0 : this.screen.lines
    this.screen.setFollowing(following)
    this.flushTask.request()
  }

  private get laterBytes(): number {
    return Math.max(0, this.size - this.window.parsedTo)
  }

  private get hasCaughtUp(): boolean {
    return !this.window.hasQueue && this.unparsed === 0 && this.laterBytes === 0
  }

  private get windowStart(): number {
    const { start } = this.window
    return this.screen.hasDropped ? (this.screen.topOffset ?? start) : start
  }

  private update(change: Partial<ReaderView>): void {
    if (this.isStopped) return
    const { lines } = this.screen
    const start = this.windowStart
    this.view = {
      ...this.view,
      ...change,
      following: this.isFollowing,
      filter: this.filter,
      lines,
      newLines: this.newLines(lines),
      earlierBytes: start,
      loadedBytes: Math.max(0, this.window.parsedTo - start),
      laterBytes: this.laterBytes,
      missingBytes: this.missing,
      cleared: this.clearedFrom !== null,
    }
    for (const listener of this.listeners) listener()
  }

  private newLines(lines: number): number | null {
    if (this.linesAtPause === null) return null
    return this.isFollowing ? 0 : Math.max(0, lines - this.linesAtPause)
  }
}

/** The same sink, whose calls have no effect once the reader was stopped. */
function unlessStopped(sink: JournalSink, isStopped: () => boolean): JournalSink {
  return {
    opened: (from, size) => isStopped() || sink.opened(from, size),
    data: (chunk) => isStopped() || sink.data(chunk),
    lagging: (bytes) => isStopped() || sink.lagging(bytes),
    ended: (offset, execution) => isStopped() || sink.ended(offset, execution),
    away: (retryMs, message) => isStopped() || sink.away(retryMs, message),
    failed: (code, message) => isStopped() || sink.failed(code, message),
    replaced: () => isStopped() || sink.replaced(),
  }
}

function sizeOf({ bytes, stdoutBytes, stderrBytes }: OutputSize, filter: StreamFilter): number {
  return filter === 'both' ? bytes : filter === 'stdout' ? stdoutBytes : stderrBytes
}
