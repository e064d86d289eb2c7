/**
 * What must be remembered across restarts: sign-in links that were used and sessions that were ended, each until it
 * would have expired anyway. One small JSON file, written whole; several processes may read it.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

const contentsSchema = z.object({
  usedLinks: z.record(z.string(), z.number()),
  endedSessions: z.record(z.string(), z.number()),
})
type Contents = z.infer<typeof contentsSchema>
type Kind = keyof Contents

export class UsedTokenStore {
  private readonly file: string
  private stamp = ''
  private tokens: Contents = { usedLinks: {}, endedSessions: {} }

  /** @param onUnwritable told when a mark could only be kept in memory (full or read-only folder) */
  constructor(
    dataDir: string,
    private readonly onUnwritable: (error: unknown) => void,
    private readonly now: () => number = Date.now,
  ) {
    this.file = path.join(dataDir, 'console-sign-ins.json')
  }

  has(kind: Kind, id: string): boolean {
    this.refresh()
    return Object.hasOwn(this.tokens[kind], id)
  }

  /** Remember an id until `expiresAt` (seconds since the epoch). True when it was not there before. */
  add(kind: Kind, id: string, expiresAt: number): boolean {
    if (this.has(kind, id)) return false
    this.tokens[kind][id] = expiresAt
    this.forgetExpired()
    this.write()
    return true
  }

  private forgetExpired(): void {
    const seconds = this.now() / 1000
    for (const marks of [this.tokens.usedLinks, this.tokens.endedSessions]) {
      for (const [id, expiresAt] of Object.entries(marks)) if (expiresAt < seconds) delete marks[id]
    }
  }

  /** Take in what another process wrote; marks of this process stay even where they could not be written. */
  private refresh(): void {
    const stamp = this.stampNow()
    if (stamp === this.stamp) return
    this.stamp = stamp
    const found = this.parse()
    this.tokens = {
      usedLinks: { ...found.usedLinks, ...this.tokens.usedLinks },
      endedSessions: { ...found.endedSessions, ...this.tokens.endedSessions },
    }
  }

  private write(): void {
    const draft = `${this.file}.${process.pid}`
    try {
      writeFileSync(draft, JSON.stringify(this.tokens), { mode: 0o600, flush: true })
      renameSync(draft, this.file)
      this.stamp = this.stampNow()
    } catch (error) {
      rmSync(draft, { force: true })
      this.onUnwritable(error)
    }
  }

  private stampNow(): string {
    const found = statSync(this.file, { throwIfNoEntry: false })
    return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : ''
  }

  private parse(): Contents {
    try {
      return contentsSchema.parse(JSON.parse(readFileSync(this.file, 'utf8')))
    } catch (error) {
      const harmless =
        error instanceof SyntaxError ||
        error instanceof z.ZodError ||
        (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      if (!harmless) throw error
      return { usedLinks: {}, endedSessions: {} }
    }
  }
}
