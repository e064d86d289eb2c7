/**
 * Stores used sign-in links and ended sessions across restarts, each until it would have expired anyway. The store is
 * one small JSON file that is always written completely; several processes may read it.
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
  private version = ''
  private tokens: Contents = { usedLinks: {}, endedSessions: {} }

  /** @param onUnwritable called when a token could only be stored in memory (full or read-only folder) */
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

  /** Adds an id until `expiresAt` (seconds since the epoch). True if it was not stored before. */
  add(kind: Kind, id: string, expiresAt: number): boolean {
    if (this.has(kind, id)) return false
    this.tokens[kind][id] = expiresAt
    this.removeExpired()
    this.write()
    return true
  }

  private removeExpired(): void {
    const seconds = this.now() / 1000
    for (const expiries of [this.tokens.usedLinks, this.tokens.endedSessions]) {
      for (const [id, expiresAt] of Object.entries(expiries)) if (expiresAt < seconds) delete expiries[id]
    }
  }

  /** Merges what another process wrote; tokens of this process stay even if they could not be written. */
  private refresh(): void {
    const version = this.fileVersion()
    if (version === this.version) return
    this.version = version
    const found = this.parse()
    this.tokens = {
      usedLinks: { ...found.usedLinks, ...this.tokens.usedLinks },
      endedSessions: { ...found.endedSessions, ...this.tokens.endedSessions },
    }
  }

  private write(): void {
    const temporary = `${this.file}.${process.pid}`
    try {
      writeFileSync(temporary, JSON.stringify(this.tokens), { mode: 0o600, flush: true })
      renameSync(temporary, this.file)
      this.version = this.fileVersion()
    } catch (error) {
      rmSync(temporary, { force: true })
      this.onUnwritable(error)
    }
  }

  private fileVersion(): string {
    const found = statSync(this.file, { throwIfNoEntry: false })
    return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : ''
  }

  private parse(): Contents {
    try {
      return contentsSchema.parse(JSON.parse(readFileSync(this.file, 'utf8')))
    } catch (error) {
      const isMissingOrInvalid =
        error instanceof SyntaxError ||
        error instanceof z.ZodError ||
        (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      if (!isMissingOrInvalid) throw error
      return { usedLinks: {}, endedSessions: {} }
    }
  }
}
