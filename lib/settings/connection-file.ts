/**
 * `connection.json` of the data folder: where the engine and the console are. The engine writes its half, the console
 * writes `consoleUrl` and `signInUrl`; each keeps the other's.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

const connectionSchema = z.looseObject({
  consoleUrl: z.string().optional(),
  signInUrl: z.string().optional(),
  apiUrl: z.string().optional(),
  apiKey: z.string().optional(),
  toolboxUrl: z.string().optional(),
})
export type Connection = z.infer<typeof connectionSchema>

export class ConnectionFile {
  readonly path: string
  private seen: { stamp: string; connection: Connection } | null = null

  constructor(dataDir: string) {
    this.path = path.join(dataDir, 'connection.json')
  }

  /** What the file says now; empty while there is none. Read again only when it changed. */
  read(): Connection {
    const stamp = this.stamp()
    if (stamp === null) return {}
    if (this.seen?.stamp !== stamp) this.seen = { stamp, connection: this.parse() }
    return this.seen.connection
  }

  /**
   * Set some keys and keep all others; `undefined` takes a key out. Reading and renaming happen without a pause in
   * between, so that little time is left for another writer, and a reader sees the old or the new file, never a half.
   * Throws the file system's error.
   */
  merge(changes: Partial<Connection>): void {
    const merged = { ...this.parse(), ...changes }
    const draft = `${this.path}.${process.pid}`
    try {
      // Without the mark, Next takes the file for a part of the build and traces the whole project.
      const file = openSync(/* turbopackIgnore: true */ draft, 'w', 0o600)
      try {
        writeSync(file, `${JSON.stringify(merged, null, 2)}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(draft, this.path)
    } catch (error) {
      rmSync(draft, { force: true })
      throw error
    }
  }

  private stamp(): string | null {
    const found = statSync(this.path, { throwIfNoEntry: false })
    return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : null
  }

  private parse(): Connection {
    try {
      return connectionSchema.parse(JSON.parse(readFileSync(this.path, 'utf8')))
    } catch (error) {
      if (isMissing(error)) return {}
      // A file that is no JSON says nothing; whoever owns a half writes it again.
      if (error instanceof SyntaxError || error instanceof z.ZodError) return {}
      throw error
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
