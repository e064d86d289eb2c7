/** What the hub remembers of terminals beyond one connection of a tab: their writers, and sizes on plain targets. */
import { PtyWriter } from './pty-writer'

/** A tab that is back within this time continues its numbering. */
const writerTtlMs = 10 * 60_000
const maxWriters = 4_000

export interface PtyAddress {
  target: string
  sandboxId: string
  ptyId: string
}

/** Size and owner of a terminal whose target has no owner of the size. */
export interface PlainSize {
  cols: number
  rows: number
  sizeOwner: string | null
}

export interface PlainSizeListener {
  readonly client: string
  resized(size: PlainSize): void
}

interface SharedSize {
  size: PlainSize
  listeners: Set<PlainSizeListener>
}

export class PtyRegistry {
  private readonly writers = new Map<string, { writer: PtyWriter; usedAt: number }>()
  private readonly sizes = new Map<string, SharedSize>()

  /** The writer of this id, which only its own session can use. */
  writer(sessionId: string, address: PtyAddress, id: string): PtyWriter {
    const key = `${sessionId} ${keyOf(address)} ${id}`
    const now = Date.now()
    const entry = this.writers.get(key) ?? { writer: new PtyWriter(), usedAt: now }
    // The newest is last, so that the oldest are dropped first.
    this.writers.delete(key)
    this.writers.set(key, { ...entry, usedAt: now })
    this.dropOldWriters(now)
    return entry.writer
  }

  /** Share the size of a terminal with the other tabs that show it, as long as `leave` was not called. */
  shareSize(address: PtyAddress, size: { cols: number; rows: number }, listener: PlainSizeListener): PlainSize {
    const key = keyOf(address)
    const shared = this.sizes.get(key) ?? { size: { ...size, sizeOwner: null }, listeners: new Set() }
    if (shared.listeners.size === 0) shared.size = { ...size, sizeOwner: null }
    shared.listeners.add(listener)
    this.sizes.set(key, shared)
    return shared.size
  }

  /** Whether this client may set the size now. */
  maySetSize(address: PtyAddress, client: string): boolean {
    const owner = this.sizes.get(keyOf(address))?.size.sizeOwner ?? null
    return owner === null || owner === client
  }

  setSize(address: PtyAddress, size: PlainSize): void {
    const shared = this.sizes.get(keyOf(address))
    if (!shared) return
    shared.size = size
    for (const listener of shared.listeners) listener.resized(size)
  }

  leave(address: PtyAddress, listener: PlainSizeListener): void {
    const key = keyOf(address)
    const shared = this.sizes.get(key)
    if (!shared?.listeners.delete(listener)) return
    if (shared.listeners.size === 0) this.sizes.delete(key)
    else if (shared.size.sizeOwner === listener.client && !hasClient(shared, listener.client))
      this.setSize(address, { ...shared.size, sizeOwner: null })
  }

  private dropOldWriters(now: number): void {
    for (const [key, { usedAt, writer }] of this.writers) {
      const isOld = now - usedAt > writerTtlMs && writer.isIdle
      if (!isOld && this.writers.size <= maxWriters) break
      this.writers.delete(key)
    }
  }
}

function hasClient({ listeners }: SharedSize, client: string): boolean {
  return [...listeners].some((listener) => listener.client === client)
}

function keyOf({ target, sandboxId, ptyId }: PtyAddress): string {
  return `${target} ${sandboxId} ${ptyId}`
}
