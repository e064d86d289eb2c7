/**
 * `connection.json` in the data directory: the addresses of engine and console. The engine writes its keys, the console
 * writes `consoleUrl` and `signInUrl`; each keeps the keys of the other. Programs wait for the file, so it appears with the
 * keys of both: an engine that a console follows writes `engine.json` first, and the console copies it.
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
  /** Origins under which browsers reach the console, if not under `consoleUrl`. */
  linkOrigins: z.array(z.string()).optional(),
})
export type Connection = z.infer<typeof connectionSchema>

export class ConnectionFile {
  readonly path: string
  private cached: { stamp: string; connection: Connection } | null = null

  /** @param name of the file; the engine's own part is in `engine.json` */
  constructor(dataDir: string, name: 'connection.json' | 'engine.json' = 'connection.json') {
    this.path = path.join(dataDir, name)
  }

  /** The current contents; empty if the file is missing. Parsed again only after a change. */
  read(): Connection {
    const stamp = this.stamp()
    if (stamp === null) return {}
    if (this.cached?.stamp !== stamp) this.cached = { stamp, connection: this.parse() }
    return this.cached.connection
  }

  /**
   * Sets some keys and keeps all others; `undefined` removes a key. The file is read and replaced synchronously, which
   * leaves other writers little time in between, and readers never see a partial file. Throws the file system's error.
   */
  merge(changes: Partial<Connection>): void {
    const merged = { ...this.parse(), ...changes }
    const temporary = `${this.path}.${process.pid}`
    try {
      // Without this comment, Next treats the file as part of the build and traces the whole project.
      const file = openSync(/* turbopackIgnore: true */ temporary, 'w', 0o600)
      try {
        writeSync(file, `${JSON.stringify(merged, null, 2)}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(temporary, this.path)
    } catch (error) {
      rmSync(temporary, { force: true })
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
      // An invalid file counts as empty; each owner writes its keys again.
      if (error instanceof SyntaxError || error instanceof z.ZodError) return {}
      throw error
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
