/** Keeps the view at the end of the log, or at the row where the user left it, while output arrives. */
import type { Terminal } from '@xterm/xterm'
import type { AbsoluteRows } from './absolute-rows'
import { scrollToRow } from './scroll-to-row'

/** A scroll event counts as the user's within this time after a wheel, pointer, touch or key event. */
const userScrollMs = 500

export class ScrollLock {
  private following = true
  /** The first visible row while not following. */
  private pinnedRow = 0
  private touchedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly terminal: Terminal,
    private readonly rows: AbsoluteRows,
  ) {}

  get isFollowing(): boolean {
    return this.following
  }

  get pinned(): number {
    return this.pinnedRow
  }

  get isAtBottom(): boolean {
    const { viewportY, baseY } = this.terminal.buffer.active
    return viewportY >= baseY
  }

  /** The user used wheel, scrollbar, finger or key: the scroll events that follow are the user's. */
  touched(): void {
    this.touchedAt = performance.now()
  }

  get isUserScroll(): boolean {
    return performance.now() - this.touchedAt < userScrollMs
  }

  setFollowing(following: boolean): void {
    this.following = following
    if (following) this.terminal.scrollToBottom()
    else this.pin()
  }

  /** Keep the current position while not following. */
  pin(): void {
    this.pinnedRow = this.rows.viewport
  }

  pinUnlessFollowing(): void {
    if (!this.following) this.pin()
  }

  /** Undo the scrolling that output caused: xterm follows the end whenever the view is there. */
  restore(): void {
    if (this.following) return
    const row = Math.max(0, this.pinnedRow - this.rows.dropped)
    if (this.terminal.buffer.active.viewportY !== row) scrollToRow(this.terminal, row)
  }

  /** The terminal was resized or scrolled by itself. */
  followEnd(): void {
    if (this.following && !this.isAtBottom) this.terminal.scrollToBottom()
  }

  reset(): void {
    this.pinnedRow = 0
  }
}
