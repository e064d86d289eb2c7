/**
 * Spreads the drawing of many views over frames: each view is drawn at most every `intervalMs`, the one that has waited
 * longest first, and no more once a frame has used its time. 20 busy panes then cost little more than one.
 */

export interface Drawable {
  draw(): void
}

/** Drawing time of one frame. At 60 frames/s, more than half of the frame is left to the rest of the page. */
const frameBudgetMs = 6

export interface FrameClock {
  now(): number
  /** Calls a function at the next frame. */
  nextFrame(run: () => void): void
}

export class DrawRounds {
  /** In the order in which they are drawn. */
  private readonly dirty = new Set<Drawable>()
  private readonly drawnAt = new WeakMap<Drawable, number>()
  private isScheduled = false

  constructor(
    private readonly clock: FrameClock,
    private readonly intervalMs: number,
  ) {}

  request(view: Drawable): void {
    this.dirty.add(view)
    this.schedule()
  }

  cancel(view: Drawable): void {
    this.dirty.delete(view)
  }

  private schedule(): void {
    if (this.isScheduled || this.dirty.size === 0) return
    this.isScheduled = true
    this.clock.nextFrame(() => this.draw())
  }

  private draw(): void {
    this.isScheduled = false
    const startedAt = this.clock.now()
    for (const view of this.dirty) {
      const now = this.clock.now()
      if (now - startedAt >= frameBudgetMs) break
      if (now - (this.drawnAt.get(view) ?? Number.NEGATIVE_INFINITY) < this.intervalMs) continue
      this.dirty.delete(view)
      this.drawnAt.set(view, now)
      view.draw()
    }
    this.schedule()
  }
}
