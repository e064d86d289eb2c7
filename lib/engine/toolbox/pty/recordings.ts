/** The recordings of a sandbox, on disk. They outlive their PTYs and the toolbox. */
import { randomUUID } from 'node:crypto'
import { closeSync } from 'node:fs'
import { z } from 'zod'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import { type UnverifiedReason, unverifiedReasonSchema } from '@/lib/process-api/execution'
import { type PtyRecording, ptyIdSchema } from '@/lib/process-api/pty'
import { isMissing, type StateFile, StateFileError, type StateFolder } from '../../state/files'
import { outputCodesSchema, outputMatches } from '../../state/output-codes'
import { checkText, signText } from '../../state/record-codes'
import { summarizeError } from '../../state/summarize-error'
import { verifyRecords } from '../execution/check-records'
import { storageError } from '../execution/store'
import { Recording } from './recording'

const maxEntryBytes = 16 * 1024 ** 2

/** `<id>.cast.json`. Its content is not trusted. */
const storedRecordingSchema = z.object({
  id: z.uuid(),
  ptyId: ptyIdSchema,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  message: z.string().max(4096).nullable(),
  /** Codes of the whole file; left out while the recording is unfinished. */
  output: outputCodesSchema.nullish(),
  /** Why the recording could not be verified when it was last read. */
  unverified: unverifiedReasonSchema.nullish(),
})
type StoredRecording = z.infer<typeof storedRecordingSchema>

interface RecordingState {
  entry: StoredRecording
  bytes: number
  /** The result of the comparison with the codes; undefined until the file was checked. */
  unverified: UnverifiedReason | null | undefined
  checking: Promise<void> | null
}

export interface OpenRecording {
  readonly id: string
  readonly recording: Recording
  stop(): void
}

export class Recordings {
  private readonly known = new Map<string, RecordingState>()
  private readonly open = new Map<string, Recording>()

  constructor(
    private readonly folder: StateFolder,
    private readonly maxBytes: number,
  ) {
    folder.make()
    const found = folder.names().flatMap((name) => (name.endsWith('.cast.json') ? this.load(name) : []))
    found.sort((a, b) => a.entry.startedAt.localeCompare(b.entry.startedAt))
    for (const state of found) this.known.set(state.entry.id, state)
  }

  /** Start a recording. Throws an `ApiError` where it cannot be written. */
  start(ptyId: string, terminal: { cols: number; rows: number; env: Record<string, string> }): OpenRecording {
    const id = randomUUID()
    const entry: StoredRecording = { id, ptyId, startedAt: new Date().toISOString(), endedAt: null, message: null }
    let recording: Recording
    try {
      recording = new Recording({ ...terminal, file: this.file(id), title: ptyId, maxBytes: this.maxBytes })
      this.save(entry, 0)
    } catch (error) {
      this.file(id).remove()
      throw storageError(error)
    }
    this.open.set(id, recording)
    const stop = () => {
      if (!this.open.delete(id)) return
      recording.stop()
      const output = recording.codes()
      const endedAt = new Date().toISOString()
      this.save({ ...entry, endedAt, message: recording.incompleteReason, output }, recording.bytes)
    }
    return { id, recording, stop }
  }

  /** Newest first. */
  async list(): Promise<PtyRecording[]> {
    const all = [...this.known.values()]
    await verifyRecords(all.map((known) => ({ verify: () => this.check(known) })))
    return all.map((known) => this.toWire(known)).reverse()
  }

  /** Throws a 404. */
  async get(id: string): Promise<PtyRecording> {
    const known = this.require(id)
    await verifyRecords([{ verify: () => this.check(known) }])
    return this.toWire(known)
  }

  private toWire({ entry, bytes, unverified }: RecordingState): PtyRecording {
    const { id, ptyId, startedAt, endedAt, message } = entry
    const recording = this.open.get(id)
    return {
      id,
      ptyId,
      startedAt,
      endedAt,
      bytes: recording?.bytes ?? bytes,
      message: recording ? recording.incompleteReason : message,
      verified: unverified === undefined ? null : unverified === null,
      unverifiedReason: unverified ?? null,
    }
  }

  /** Throws a 404, or a 409 while the recording is in progress. */
  remove(id: string): void {
    this.require(id)
    if (this.open.has(id)) throw new ApiError('CONFLICT', 'the recording is in progress; stop it first')
    this.known.delete(id)
    this.file(id).remove()
    this.entryFile(id).remove()
  }

  /** The file of a recording. The caller has checked the id. */
  file(id: string): StateFile {
    return this.folder.file(`${id}.cast`)
  }

  /** Open a recording's file; the caller closes the descriptor. Throws a 404, or a 410 where it cannot be read. */
  openFile(id: string): number {
    this.require(id)
    try {
      return this.file(id).openToRead()
    } catch (error) {
      if (!isMissing(error) && !(error instanceof StateFileError)) throw error
      throw new ApiError('GONE', 'the recording cannot be read any more', {}, { cause: error })
    }
  }

  private require(id: string): RecordingState {
    const known = this.known.get(id)
    if (!known) throw new ApiError('NOT_FOUND', `recording not found: ${id}`)
    return known
  }

  private entryFile(id: string): StateFile {
    return this.folder.file(`${id}.cast.json`)
  }

  private save(entry: StoredRecording, bytes: number): void {
    this.known.set(entry.id, { entry, bytes, unverified: undefined, checking: null })
    const file = this.entryFile(entry.id)
    try {
      file.replace(signText(this.folder.codes, file.location, JSON.stringify(entry)))
    } catch (error) {
      log.error({ err: error }, "a recording's entry could not be written")
    }
  }

  /** A recording that an earlier toolbox left unfinished ends where its file ends. */
  private load(name: string): RecordingState[] {
    const file = this.folder.file(name)
    try {
      const { body, authenticity } = checkText(
        this.folder.codes,
        file.location,
        file.read(maxEntryBytes).toString('utf8'),
      )
      const entry = storedRecordingSchema.parse(JSON.parse(body))
      if (name !== `${entry.id}.cast.json`) throw new Error(`the file is of recording ${entry.id}`)
      const bytes = this.file(entry.id).size()
      if (entry.endedAt === null) entry.message = 'the sandbox was interrupted while this was recorded'
      entry.endedAt ??= entry.startedAt
      const unverified =
        authenticity === 'authentic' ? entry.unverified : authenticity === 'unsigned' ? 'unsigned' : 'record'
      return [{ entry, bytes, unverified: unverified ?? undefined, checking: null }]
    } catch (error) {
      log.error({ reason: summarizeError(error) }, `the recording ${name} could not be read`)
      return []
    }
  }

  private check(known: RecordingState): Promise<void> {
    if (known.unverified !== undefined || this.open.has(known.entry.id)) return Promise.resolve()
    known.checking ??= this.verify(known.entry)
      .then((reason) => {
        known.unverified = reason
      })
      .catch((error: unknown) => log.error({ err: error }, `the recording ${known.entry.id} could not be verified`))
    return known.checking
  }

  private async verify({ id, output }: StoredRecording): Promise<UnverifiedReason | null> {
    const { codes } = this.folder
    if (!codes) return 'unsigned'
    if (!output) return 'unsealed'
    const file = this.file(id)
    const covered = output.at(-1)?.to ?? 0
    if (file.size() !== covered) return 'output'
    if (covered === 0) return null
    const descriptor = this.openFile(id)
    try {
      return (await outputMatches(codes.outputKey, descriptor, output)) ? null : 'output'
    } finally {
      closeSync(descriptor)
    }
  }
}
