/**
 * Reads one journal onto a screen: opens at its tail, follows or stands still, goes back to earlier parts, and keeps
 * what waits unparsed small. What it shows is always one unbroken window of the journal; what lies before and behind
 * it is counted in bytes.
 */

import type { JournalChunk, JournalSink, JournalSubscription, LiveClient } from '@/lib/live/client/live-client'
import type { JournalRef } from '@/lib/live/protocol'
import type { Execution, OutputSize } from '@/lib/process-api/execution'
import type { JournalStream } from '@/lib/process-api/extensions'
import type { LogPiece, LogTerminal } from './log-terminal'
import { Utf8Carry } from './utf8-carry'

/** A journal that is longer than `wholeBytes` is opened at its last `windowBytes`; earlier parts come in such steps. */
export const windowBytes = 1024 * 1024
const wholeBytes = 1.5 * windowBytes
/** The first line of a window may be looked for this far; a longer one is shown from its middle. */
const lineSearchBytes = 64 * 1024
/** Bytes that may wait in xterm's own queue, while following and while standing still. */
const unparsedFollowing = 256 * 1024
const unparsedStanding = 64 * 1024
/** Standing still, it reads this many rows ahead of the screen and no further. */
const rowsAhead = 6000
/** Further behind than this, "now" is reached by opening the tail anew instead of reading all between. */
const jumpBytes = 2 * windowBytes

export type StreamFilter = 'both' | JournalStream

/** What the pane around the screen shows. A new object after each change. */
export interface ReaderView {
  phase: 'opening' | 'open' | 'failed'
  failure: { code: string; message: string } | null
  /** The console lost the target and tries again at this time, ms since epoch. */
  awayUntil: number | null
  awayMessage: string | null
  /** The execution is over and all that it printed has come; survivors may still add to it. */
  over: boolean
  /** How it ended, where the stream said so. */
  ended: Execution | null
  following: boolean
  filter: StreamFilter
  /** Lines that were read since the window was opened; the oldest of very many are no longer loaded. */
  lines: number
  /** Lines that came since the view stands still; null where it stands in an earlier part. */
  newLines: number | null
  /** Journal bytes before the window, in it, and behind it. */
  earlierBytes: number
  loadedBytes: number
  laterBytes: number
  /** Bytes that the stream could not give, even when asked again. */
  missingBytes: number
  /** The view was cleared and can be brought back. */
  cleared: boolean
}

const emptyView: ReaderView = {
  phase: 'opening',
  failure: null,
  awayUntil: null,
  awayMessage: null,
  over: false,
  ended: null,
  following: true,
  filter: 'both',
  lines: 0,
  newLines: 0,
  earlierBytes: 0,
  loadedBytes: 0,
  laterBytes: 0,
  missingBytes: 0,
  cleared: false,
}

/** What the reader needs of a screen. */
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
  socket: Pick<LiveClient, 'follow'>
  target: string
  ref: JournalRef
  screen: LogScreen
  /** Bytes of the journal as last heard. */
  size: OutputSize
  /** Where a byte of one view is in another one, both or one stream; null where nobody can say. */
  place?: (offset: number, from: StreamFilter, to: StreamFilter) => Promise<number | null>
  /** Runs a function at the next frame. */
  nextFrame: (run: () => void) => void
}

export class JournalReader {
  readonly #options: ReaderOptions
  readonly #screen: LogScreen
  readonly #seam = new Utf8Carry()
  readonly #listeners = new Set<() => void>()
  #view = emptyView
  #subscription: JournalSubscription | null = null
  #queue: JournalChunk[] = []
  #unparsed = 0
  #sizes: OutputSize
  /** Of what is shown: the journal, or the chosen stream of it. */
  #size: number
  #from = 0
  #parsedTo = 0
  #missing = 0
  /** Bytes skipped so far in search of the first whole line; null once it was found. */
  #skipped: number | null = null
  #following = true
  #linesAtPause: number | null = 0
  /** Read until this byte, then put its line on the screen's first row. */
  #seek: number | null = null
  #arrived: () => void = () => undefined
  #filter: StreamFilter = 'both'
  #clearedFrom: number | null = null
  #corrected = false
  #visible = true
  #frameAsked = false
  #viewAsked = false
  #stopped = false

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#screen = options.screen
    this.#sizes = options.size
    this.#size = options.size.bytes
  }

  readonly getView = (): ReaderView => this.#view

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#openTail()
  }

  stop(): void {
    this.#stopped = true
    this.#subscription?.close()
    this.#queue = []
  }

  /** A pane that nobody sees parses nothing; its stream stands still at the end of its credit. */
  setVisible(visible: boolean): void {
    if (visible === this.#visible) return
    this.#visible = visible
    if (!visible) return
    if (this.#following && this.#later() > jumpBytes) this.#openTail()
    else this.#askFrame()
  }

  /** The journal's size as events tell it, so that a standing view knows what it misses. */
  setSize(sizes: OutputSize): void {
    this.#sizes = sizes
    this.#grew(sizeOf(sizes, this.#filter))
  }

  /** Show one stream, as a log of its own, or both. A view that stands still stays near the line that it showed. */
  setFilter(filter: StreamFilter): void {
    if (filter === this.#filter) return
    const [before, seen] = [this.#filter, this.#screen.viewOffset]
    const { place } = this.#options
    this.#filter = filter
    this.#size = sizeOf(this.#sizes, filter)
    const standing = !this.#following
    this.#openTail()
    if (!standing || seen === null || !place) return
    const opened = this.#subscription
    place(seen, before, filter).then(
      (offset) => {
        if (offset !== null && opened === this.#subscription) this.openAt(offset)
      },
      () => undefined, // the end is shown instead
    )
  }

  /** Read the same part once more, for a screen that shows it differently from now on. */
  reopen(): void {
    const { viewOffset } = this.#screen
    if (this.#following || viewOffset === null) this.#openTail()
    else this.openAt(viewOffset)
  }

  /** The part around a byte; its line becomes the first of the screen, and the view stands still. */
  openAt(offset: number, arrived: () => void = () => undefined): void {
    this.#open(Math.max(0, offset - windowBytes / 2), { following: false, seek: offset, whole: false })
    this.#arrived = arrived
  }

  /** The person moved the view: at the end of everything it follows again, elsewhere it stands still. */
  userScrolled(): void {
    if (this.#seek !== null) return
    if (!this.#screen.atBottom) this.pause()
    else if (!this.#following && this.#caughtUp()) this.#setFollowing(true)
    this.#askFrame()
  }

  pause(): void {
    if (this.#following) this.#setFollowing(false)
  }

  /** To the end, and stay there. */
  resume(): void {
    if (this.#later() > jumpBytes) this.#openTail()
    else this.#setFollowing(true)
    this.#askFrame()
  }

  /** The part before the window; the line that was first stays where it is. */
  loadEarlier(): void {
    const start = this.#windowStart()
    this.#open(Math.max(0, start - windowBytes), { following: false, seek: start, whole: false })
  }

  openFromStart(): void {
    this.#open(0, { following: false, seek: null, whole: true })
  }

  /** Empties the screen, not the journal. */
  clear(): void {
    this.#clearedFrom ??= this.#windowStart()
    this.#screen.reset()
    this.#screen.afterWrites(() => {
      this.#from = this.#parsedTo
      if (this.#linesAtPause !== null) this.#linesAtPause = 0
      this.#askView()
    })
    if (this.#later() <= jumpBytes) this.#setFollowing(true)
  }

  undoClear(): void {
    if (this.#clearedFrom === null) return
    this.#open(this.#clearedFrom, { following: true, seek: null, whole: true })
  }

  /** Ask again after a failure. */
  retry(): void {
    this.#patch({ phase: 'opening', failure: null })
    this.#subscription?.retry()
  }

  #openTail(): void {
    const from = this.#size > wholeBytes ? this.#size - windowBytes : 0
    this.#open(from, { following: true, seek: null, whole: false })
  }

  /** @param whole whether a line begins at `from`; else the rest of the line that it cuts is left out */
  #open(from: number, { following, seek, whole }: { following: boolean; seek: number | null; whole: boolean }): void {
    this.#subscription?.close()
    this.#queue = []
    this.#seam.clear()
    this.#from = from
    this.#parsedTo = from
    this.#skipped = whole || from === 0 ? null : 0
    this.#clearedFrom = null
    this.#seek = seek
    this.#arrived = () => undefined
    this.#corrected = false
    this.#following = following
    this.#linesAtPause = following ? 0 : null
    this.#screen.reset()
    this.#screen.afterWrites(() => this.#screen.setFollowing(following))
    this.#patch({ phase: 'opening', failure: null, over: false, ended: null })
    const { socket, target, ref } = this.#options
    const stream = this.#filter === 'both' ? null : this.#filter
    this.#subscription = socket.follow(target, ref, stream, from, this.#sink())
  }

  #sink(): JournalSink {
    const mine = () => !this.#stopped
    return {
      opened: (from, size) => {
        if (!mine()) return
        if (size !== null) this.#size = Math.max(this.#size, size)
        this.#patch({ phase: 'open', failure: null, awayUntil: null, awayMessage: null })
        // The list knew less than there is: begin at the real tail. Once, as a fast writer is always ahead of it.
        const atStart = this.#parsedTo === this.#from && this.#queue.length === 0
        const farFromTail = this.#size - from > windowBytes + jumpBytes
        if (this.#following && atStart && farFromTail && !this.#corrected) {
          this.#openTail()
          this.#corrected = true
        }
      },
      data: (piece) => {
        if (!mine()) return
        this.#queue.push(piece)
        this.#missing += piece.missing
        this.#size = Math.max(this.#size, piece.offset + piece.payload.length)
        if (this.#view.phase !== 'open' || this.#view.awayUntil !== null) {
          this.#patch({ phase: 'open', awayUntil: null, awayMessage: null })
        }
        this.#askFrame()
      },
      behind: (bytes) => this.#grew(this.#received() + bytes),
      ended: (_offset, execution) => {
        this.#patch({ over: true, ended: execution })
        this.#askFrame()
      },
      away: (retryMs, message) => this.#patch({ awayUntil: Date.now() + retryMs, awayMessage: message }),
      failed: (code, message) => this.#patch({ phase: 'failed', failure: { code, message } }),
      replaced: () => {
        this.#size = 0
        this.#queue = []
        this.#open(0, { following: true, seek: null, whole: true })
      },
    }
  }

  #grew(size: number): void {
    if (size <= this.#size) return
    this.#size = size
    this.#askView()
  }

  #askFrame(): void {
    if (this.#frameAsked || this.#stopped) return
    this.#frameAsked = true
    this.#options.nextFrame(() => {
      this.#frameAsked = false
      if (!this.#stopped) this.#flush()
    })
  }

  #flush(): void {
    const most = this.#following ? unparsedFollowing : unparsedStanding
    while (this.#visible && this.#queue.length > 0 && this.#unparsed < most && !this.#readFarEnough()) {
      const piece = this.#queue.shift()
      if (piece) this.#show(piece)
    }
    if (this.#queue.length === 0 && this.#view.over) this.#showHeldBack()
    this.#askView()
  }

  /** Standing still with enough to read below: the rest waits at the server. */
  #readFarEnough(): boolean {
    return !this.#following && this.#seek === null && this.#screen.rowsBelow > rowsAhead
  }

  #show(piece: JournalChunk): void {
    const subscription = this.#subscription
    const received = piece.payload.length
    const end = piece.offset + received
    const shown = this.#shownPart(piece)
    const done = () => {
      this.#unparsed -= received
      if (subscription !== this.#subscription || this.#stopped) return // a piece of a window that was left
      this.#parsedTo = end
      subscription?.parsed(received)
      if (this.#seek !== null && end >= this.#seek) this.#reachSeek(this.#seek)
      if (this.#queue.length > 0) this.#askFrame()
      else this.#askView()
    }
    this.#unparsed += received
    if (shown.payload.length === 0) this.#screen.afterWrites(done)
    else this.#screen.write(shown, done)
  }

  /** Without the beginning of a line that the window cut. */
  #shownPart({ offset, stream, wallMs, payload }: JournalChunk): LogPiece {
    let skip = 0
    if (this.#skipped !== null) {
      const lineEnd = payload.indexOf(0x0a)
      if (lineEnd !== -1) {
        skip = lineEnd + 1
        this.#skipped = null
      } else if (this.#skipped + payload.length >= lineSearchBytes) {
        while (skip < payload.length && ((payload[skip] ?? 0) & 0xc0) === 0x80) skip += 1
        this.#skipped = null
      } else {
        skip = payload.length
        this.#skipped += payload.length
      }
    }
    if (this.#parsedTo === this.#from && this.#skipped === null && skip > 0) this.#from = offset + skip
    return { offset: offset + skip, stream, wallMs, payload: this.#seam.next(stream, payload.subarray(skip)) }
  }

  /** Half a character at the very end of a stream: nothing more comes, so it is shown as the broken byte that it is. */
  #showHeldBack(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const payload = this.#seam.end(stream)
      if (payload.length > 0)
        this.#screen.write({ offset: this.#parsedTo, stream, wallMs: null, payload }, () => undefined)
    }
    this.#screen.settle()
  }

  /** Some more is read until the line can stand at the top with a full screen below it. */
  #reachSeek(offset: number): void {
    if (!this.#screen.scrollToOffset(offset) && !this.#caughtUp()) return
    this.#seek = null
    this.#arrived()
    this.#arrived = () => undefined
  }

  #setFollowing(following: boolean): void {
    this.#following = following
    this.#linesAtPause = following ? 0 : this.#screen.lines
    this.#screen.setFollowing(following)
    this.#askFrame()
  }

  #received(): number {
    const last = this.#queue.at(-1)
    return last ? last.offset + last.payload.length : this.#parsedTo
  }

  #later(): number {
    return Math.max(0, this.#size - this.#parsedTo)
  }

  #caughtUp(): boolean {
    return this.#queue.length === 0 && this.#unparsed === 0 && this.#later() === 0
  }

  #windowStart(): number {
    return this.#screen.hasDropped ? (this.#screen.topOffset ?? this.#from) : this.#from
  }

  #askView(): void {
    if (this.#viewAsked || this.#stopped) return
    this.#viewAsked = true
    this.#options.nextFrame(() => {
      this.#viewAsked = false
      if (!this.#stopped) this.#patch({})
    })
  }

  #patch(change: Partial<ReaderView>): void {
    if (this.#stopped) return
    const lines = this.#screen.lines
    const start = this.#windowStart()
    this.#view = {
      ...this.#view,
      ...change,
      following: this.#following,
      filter: this.#filter,
      lines,
      newLines: this.#linesAtPause === null ? null : this.#following ? 0 : Math.max(0, lines - this.#linesAtPause),
      earlierBytes: start,
      loadedBytes: Math.max(0, this.#parsedTo - start),
      laterBytes: this.#later(),
      missingBytes: this.#missing,
      cleared: this.#clearedFrom !== null,
    }
    for (const listener of this.#listeners) listener()
  }
}

function sizeOf({ bytes, stdoutBytes, stderrBytes }: OutputSize, filter: StreamFilter): number {
  return filter === 'both' ? bytes : filter === 'stdout' ? stdoutBytes : stderrBytes
}
