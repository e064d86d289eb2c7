/**
 * The input of one terminal from one tab. Batches are written once and in order, across lost connections of the tab and
 * of the target. A batch counts as delivered when the target has confirmed that it was read.
 */

import { inputWindow } from '../limits'

/** The console's page sends fewer batches without an acknowledgement. */
const maxWaiting = inputWindow * 2

/** An open connection to the terminal. */
export interface PtyLine {
  write(data: Uint8Array): void
  /** Request a confirmation of everything written before, reported to `PtyWriter.confirmed`. */
  confirm(n: number): void
}

export interface PtyWriterListener {
  acknowledged(n: number): void
  /** The batches from this one on may not have been delivered. */
  lost(from: number): void
}

interface Batch {
  n: number
  data: Uint8Array
}

export class PtyWriter {
  private lastReceived: number | null = null
  private lastAcknowledged = 0
  private queue: Batch[] = []
  /** Numbers of the batches that were written and not confirmed yet. */
  private unconfirmed: number[] = []
  private line: PtyLine | null = null
  /** The next connection, which waits until the batches on the present one are confirmed. */
  private nextLine: PtyLine | null = null
  private lostFrom: number | null = null
  private listener: PtyWriterListener | null = null
  private idleWaiters: (() => void)[] = []

  /** The last batch that arrived; null before the first. */
  get received(): number | null {
    return this.lastReceived
  }

  /** True when nothing waits to be written or confirmed. */
  get isIdle(): boolean {
    return this.lostFrom !== null || (this.queue.length === 0 && this.unconfirmed.length === 0)
  }

  /** Report to this listener from now on, and at once what was lost while there was none. */
  listen(listener: PtyWriterListener): void {
    this.listener = listener
    if (this.lostFrom !== null) listener.lost(this.lostFrom)
  }

  /** Accept a batch. One that arrived before is only acknowledged again. */
  accept(n: number, data: Uint8Array): void {
    if (this.lostFrom !== null) return
    this.lastReceived ??= n - 1
    if (n <= this.lastReceived) {
      if (n <= this.lastAcknowledged) this.listener?.acknowledged(this.lastAcknowledged)
      return
    }
    if (n > this.lastReceived + 1 || this.queue.length + this.unconfirmed.length >= maxWaiting) {
      this.lose(this.lastReceived + 1)
      return
    }
    this.lastReceived = n
    this.queue.push({ n, data })
    this.flush()
  }

  /** Acknowledgements are repeated, because the tab may have missed them with its connection. */
  connected(line: PtyLine): void {
    if (this.lastAcknowledged > 0) this.listener?.acknowledged(this.lastAcknowledged)
    if (this.line !== null && this.unconfirmed.length > 0) {
      this.nextLine = line
      return
    }
    this.line = line
    this.flush()
  }

  disconnected(line: PtyLine): void {
    if (this.nextLine === line) this.nextLine = null
    if (this.line !== line) return
    this.line = this.nextLine
    this.nextLine = null
    const [first] = this.unconfirmed
    if (first !== undefined) this.lose(first)
    else this.flush()
  }

  confirmed(line: PtyLine, n: number): void {
    if (this.line !== line) return
    this.unconfirmed = this.unconfirmed.filter((one) => one > n)
    this.lastAcknowledged = Math.max(this.lastAcknowledged, n)
    this.listener?.acknowledged(this.lastAcknowledged)
    if (this.unconfirmed.length === 0 && this.nextLine) {
      this.line = this.nextLine
      this.nextLine = null
    }
    this.flush()
    this.notifyIdle()
  }

  /**
   * The terminal has ended: what was not confirmed may not have been read. Not reported to the listener, which learns
   * from the end itself that nothing more is delivered.
   */
  ended(): void {
    this.listener = null
    const first = this.unconfirmed[0] ?? this.queue[0]?.n
    if (first !== undefined) this.lose(first)
  }

  /** Resolves when nothing waits, or after `timeoutMs`. */
  whenIdle(timeoutMs: number): Promise<void> {
    if (this.isIdle) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      timer.unref()
      this.idleWaiters.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  private flush(): void {
    const { line } = this
    if (line === null || this.nextLine !== null || this.lostFrom !== null) return
    for (const { n, data } of this.queue.splice(0)) {
      this.unconfirmed.push(n)
      line.write(data)
      line.confirm(n)
    }
  }

  /** Later batches are dropped too: delivering them without the lost one would change their meaning. */
  private lose(from: number): void {
    if (this.lostFrom !== null) return
    this.lostFrom = from
    this.queue = []
    this.unconfirmed = []
    this.listener?.lost(from)
    this.notifyIdle()
  }

  private notifyIdle(): void {
    if (!this.isIdle) return
    for (const waiter of this.idleWaiters.splice(0)) waiter()
  }
}
