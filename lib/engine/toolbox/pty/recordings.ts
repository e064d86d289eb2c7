/** The recordings of a sandbox. They outlive their PTYs and the toolbox. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import { type PtyRecording, ptyRecording } from '@/lib/process-api/pty'
import { writeFileAtomic } from '../execution/atomic-file'
import { storageError } from '../execution/store'
import { Recording } from './recording'

export interface OpenRecording {
  readonly id: string
  readonly recording: Recording
  stop(): void
}

export class Recordings {
  private readonly known = new Map<string, PtyRecording>()
  private readonly open = new Map<string, Recording>()

  constructor(
    private readonly folder: string,
    private readonly limit: number,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const found = readdirSync(folder).flatMap((name) =>
      name.endsWith('.json') ? this.load(path.join(folder, name)) : [],
    )
    found.sort((a, b) => a.startedAt.localeCompare(b.startedAt))
    for (const entry of found) this.known.set(entry.id, entry)
  }

  /** Begin one. Throws an `ApiError` where it cannot be written. */
  start(ptyId: string, terminal: { cols: number; rows: number; env: Record<string, string> }): OpenRecording {
    const id = randomUUID()
    const entry: PtyRecording = {
      id,
      ptyId,
      startedAt: new Date().toISOString(),
      endedAt: null,
      bytes: 0,
      message: null,
    }
    let recording: Recording
    try {
      recording = new Recording({ ...terminal, file: this.file(id), title: ptyId, limit: this.limit })
      this.keep(entry)
    } catch (error) {
      rmSync(this.file(id), { force: true })
      throw storageError(error)
    }
    this.open.set(id, recording)
    const stop = () => {
      if (!this.open.delete(id)) return
      recording.stop()
      this.keep({ ...entry, endedAt: new Date().toISOString(), bytes: recording.bytes, message: recording.problem })
    }
    return { id, recording, stop }
  }

  /** Newest first. */
  list(): PtyRecording[] {
    return [...this.known.keys()].map((id) => this.get(id)).reverse()
  }

  /** Throws a 404. */
  get(id: string): PtyRecording {
    const entry = this.known.get(id)
    if (!entry) throw new ApiError('NOT_FOUND', `recording not found: ${id}`)
    const recording = this.open.get(id)
    return recording ? { ...entry, bytes: recording.bytes, message: recording.problem } : entry
  }

  /** Throws a 404 or, while it is being made, a 409. */
  remove(id: string): void {
    this.get(id)
    if (this.open.has(id)) throw new ApiError('CONFLICT', 'the recording is under way; stop it first')
    this.known.delete(id)
    rmSync(this.file(id), { force: true })
    rmSync(`${this.file(id)}.json`, { force: true })
  }

  file(id: string): string {
    return path.join(this.folder, `${id}.cast`)
  }

  private keep(entry: PtyRecording): void {
    this.known.set(entry.id, entry)
    try {
      writeFileAtomic(`${this.file(entry.id)}.json`, JSON.stringify(entry))
    } catch (error) {
      console.error('a recording could not be noted:', error)
    }
  }

  /** One that a dead toolbox left unfinished is as complete as its file. */
  private load(file: string): PtyRecording[] {
    try {
      const entry = ptyRecording.parse(JSON.parse(readFileSync(file, 'utf8')))
      const bytes = statSync(this.file(entry.id)).size
      const message = entry.endedAt === null ? 'the sandbox was interrupted while this was recorded' : entry.message
      return [{ ...entry, bytes, message, endedAt: entry.endedAt ?? entry.startedAt }]
    } catch (error) {
      console.error(`the recording ${file} could not be read:`, error)
      return []
    }
  }
}
