/** Files of plain runs in the console's data directory: `{target}/{sandbox}/{run}.json` and, once finished, `.log`. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type RunDetail, runDetailSchema } from '@/lib/process-api/extensions'

export class RunFiles {
  constructor(private readonly folder: string) {}

  /** All readable runs, in no particular order. */
  load(target: string, sandboxId: string): RunDetail[] {
    const folder = this.folderOf(target, sandboxId)
    let names: string[]
    try {
      names = readdirSync(/* turbopackIgnore: true */ folder)
    } catch {
      return [] // no runs yet
    }
    return names
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        try {
          const parsed = runDetailSchema.safeParse(JSON.parse(readFileSync(path.join(folder, name), 'utf8')))
          return parsed.success ? [parsed.data] : []
        } catch {
          return [] // a partial file of a console that was killed while writing
        }
      })
  }

  /** Throws the file system's error. */
  save(target: string, sandboxId: string, run: RunDetail): void {
    this.write(target, sandboxId, `${run.id}.json`, JSON.stringify(run))
  }

  saveOutput(target: string, sandboxId: string, runId: string, output: string): void {
    this.write(target, sandboxId, `${runId}.log`, output)
  }

  output(target: string, sandboxId: string, runId: string): Buffer {
    try {
      return readFileSync(path.join(this.folderOf(target, sandboxId), `${runId}.log`))
    } catch {
      return Buffer.alloc(0) // not finished, or no output
    }
  }

  remove(target: string, sandboxId: string, runId: string): void {
    for (const kind of ['json', 'log'])
      rmSync(path.join(this.folderOf(target, sandboxId), `${runId}.${kind}`), { force: true })
  }

  removeAll(target: string, sandboxId: string): void {
    rmSync(this.folderOf(target, sandboxId), { recursive: true, force: true })
  }

  /** Target and ids were validated against their patterns, so the path cannot leave the folder. */
  private folderOf(target: string, sandboxId: string): string {
    return path.join(this.folder, target, sandboxId)
  }

  private write(target: string, sandboxId: string, name: string, text: string): void {
    const folder = this.folderOf(target, sandboxId)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = path.join(folder, name)
    writeFileSync(`${file}.draft`, text, { mode: 0o600 })
    renameSync(`${file}.draft`, file)
  }
}
