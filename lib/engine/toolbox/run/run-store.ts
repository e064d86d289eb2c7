/** The runs of a sandbox: stored on disk up to a number and a size of ended ones, and published when they change. */
import { randomUUID } from 'node:crypto'
import type { Chart } from '@/lib/process-api/charts'
import { ApiError } from '@/lib/process-api/errors'
import type { EngineEvent, RunDetail, RunPage } from '@/lib/process-api/extensions'
import { runIdSchema } from '@/lib/process-api/ids'
import type { StateFile, StateFolder } from '../../state/files'
import { readCharts } from '../charts/run-charts'
import { verifyRecords } from '../execution/check-records'
import { readAttachment } from '../execution/read-attachment'
import type { ExecutionStore } from '../execution/store'
import type { ReadServices } from '../services/services'
import {
  type RunDetails,
  type RunRecord,
  type RunRequest,
  runDetailOf,
  runDetailsSchema,
  runRequestSchema,
  runSummaryOf,
} from './run-record'

const maxPageSize = 200
/** A new subscriber gets the events of this many runs. */
const maxAnnouncedRuns = 100

export class RunStore {
  private readonly folder: StateFolder
  private readonly executions: ExecutionStore<RunDetails>
  /** The ended runs with the sizes of their journals, so that no request has to walk over all runs. */
  private readonly ended = new Map<RunRecord, number>()
  private endedBytes = 0

  constructor(private readonly services: ReadServices) {
    this.folder = services.state.folder('runs')
    this.executions = services.openExecutions({ folder: this.folder, details: runDetailsSchema, ids: runIdSchema })
    for (const record of this.executions.each()) this.countEnded(record)
  }

  /** A new run in state `running`. Throws an `ApiError` if it cannot be recorded. */
  create(details: RunDetails, request: RunRequest, options: { stdinOpen: boolean }): RunRecord {
    this.evictOldest()
    const record = this.executions.create(randomUUID(), details, options, JSON.stringify(request))
    record.onChange(() => {
      this.countEnded(record)
      this.announce(record)
    })
    this.announce(record)
    return record
  }

  /** Throws `NOT_FOUND`. */
  get(id: string): RunRecord {
    const record = runIdSchema.safeParse(id).success ? this.executions.get(id) : undefined
    if (!record) throw new ApiError('NOT_FOUND', 'run not found')
    return record
  }

  /** @param textLimit of the command or code; all of it when left out */
  detail(record: RunRecord, textLimit?: number): RunDetail {
    return runDetailOf(record, this.readRequest(record.id), textLimit)
  }

  /** Newest first. `before` is the id of the last row of the previous page. */
  async page(limit: number, before: string | null): Promise<RunPage> {
    const all = this.executions.list()
    let end = all.length
    if (before !== null) {
      end = all.indexOf(this.get(before))
    }
    const begin = Math.max(0, end - Math.min(limit, maxPageSize))
    const page = all.slice(begin, end).reverse()
    await verifyRecords(page)
    return { runs: page.map(runSummaryOf), next: begin > 0 ? (page.at(-1)?.id ?? null) : null }
  }

  /** The charts of a run. */
  charts(record: RunRecord): Chart[] {
    return readCharts(this.chartsFile(record), () => record.markUnverified('output'))
  }

  /** Where the charts of a run are stored. */
  chartsFile(record: RunRecord): StateFile {
    return this.folder.file(`${record.id}.charts`)
  }

  /** Delete a run that has ended, with its journal. */
  remove(record: RunRecord): void {
    this.executions.remove(record.id)
    this.endedBytes -= this.ended.get(record) ?? 0
    this.ended.delete(record)
    this.chartsFile(record).remove()
    this.services.events.publish({
      type: 'run-deleted',
      sandboxId: this.services.config.sandboxId,
      runId: record.id,
    })
  }

  /** Save the size of a journal that grew after the end of the run. */
  save(record: RunRecord): void {
    this.executions.save(record)
    // It may have been removed meanwhile.
    if (this.ended.has(record)) this.countEnded(record)
  }

  /** The newest runs as events, oldest first. */
  *present(): Generator<EngineEvent> {
    const { sandboxId } = this.services.config
    for (const record of this.executions.list().slice(-maxAnnouncedRuns)) {
      yield { type: 'run', sandboxId, run: runSummaryOf(record) }
    }
  }

  close(): void {
    this.executions.close()
  }

  /** Count a run that has ended, or whose survivors have printed more since. */
  private countEnded(record: RunRecord): void {
    if (!record.hasEnded) return
    this.endedBytes += record.journal.size - (this.ended.get(record) ?? 0)
    this.ended.set(record, record.journal.size)
  }

  private announce(record: RunRecord): void {
    const { events, config } = this.services
    if (!events.hasSubscribers) return
    events.publish({ type: 'run', sandboxId: config.sandboxId, run: runSummaryOf(record) })
  }

  private readRequest(id: string): RunRequest | null {
    const text = this.executions.attachment(id)
    return text === null ? null : readAttachment(text, runRequestSchema)
  }

  /** Delete the oldest ended runs when there are too many, or when their journals together are too long. */
  private evictOldest(): void {
    const { keptRuns, keptRunBytes } = this.services.config.limits
    for (const record of this.executions.each()) {
      if (this.ended.size < keptRuns && this.endedBytes <= keptRunBytes) return
      if (record.hasEnded) this.remove(record)
    }
  }
}
