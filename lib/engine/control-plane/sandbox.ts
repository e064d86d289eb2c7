/**
 * One sandbox from its creation to its deletion: what a person wants of it, the toolbox that runs it, and how the two
 * are brought together. A toolbox that dies is started again; what it ran is then `lost`, never a success.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '@/lib/process-api/errors'
import type { IsolationReport, SandboxDto, SandboxListItem, SandboxState } from '@/lib/process-api/sandbox'
import type { Isolation, SandboxFolder } from '../isolation/isolation'
import { type DiskReader, readFromDisk } from './disk-reader'
import { newAuthToken, type SandboxRecord, toDto, toListItem } from './sandbox-record'
import type { SandboxStore } from './sandbox-store'
import { endToolbox, launchToolbox, type Toolbox } from './toolbox-launch'
import type { ToolboxLink } from './toolbox-link'

/** How long a request waits for a sandbox that is starting. */
const startPatienceMs = 10_000
/** Wait before the n-th start in a row that failed or died young. */
const backoffMs = [0, 100, 500, 2_000, 5_000, 10_000]
/** A toolbox that lived so long gets a fresh start without waiting. */
const settledMs = 30_000
/** Activity changes the metadata file at most this often. */
const saveActivityMs = 30_000

export interface SandboxSurroundings {
  readonly isolation: Isolation
  readonly store: SandboxStore
  /** `http://…/toolbox`, for answers that no request asked for. */
  toolboxProxyUrl(): string
  /** Called after every change that a client can see, with the state before. */
  changed(sandbox: Sandbox, oldState: SandboxState): void
}

export class Sandbox {
  readonly folder: SandboxFolder
  private now: SandboxState
  private errorReason: string | null = null
  private toolbox: Toolbox | null = null
  /** The toolbox that is being ended. */
  private ending: Toolbox | null = null
  private disk: DiskReader | null = null
  /** Starts, stops and deletions happen one after the other. */
  private queue: Promise<unknown> = Promise.resolve()
  private failures = 0
  private activitySavedAt = 0
  private readonly gone = new AbortController()
  /** Requests that came while it was starting. */
  private readonly waiting = new Set<() => void>()

  constructor(
    readonly record: SandboxRecord,
    private readonly around: SandboxSurroundings,
  ) {
    this.folder = around.store.folderOf(record.id)
    this.now = record.desired === 'started' ? 'starting' : 'stopped'
  }

  get state(): SandboxState {
    return this.now
  }

  get isolation(): IsolationReport {
    if (this.toolbox) return this.toolbox.process.report
    const { report } = this.around.isolation
    return this.record.networkBlockAll && report.kind !== 'none' ? { ...report, network: 'blocked' } : report
  }

  toDto(toolboxProxyUrl = this.around.toolboxProxyUrl()): SandboxDto {
    return toDto(this.record, this.visible(), toolboxProxyUrl)
  }

  toListItem(toolboxProxyUrl: string): SandboxListItem {
    return toListItem(this.record, this.visible(), toolboxProxyUrl)
  }

  /** The way to the running toolbox. Throws what a client should be told when there is none. */
  requireLink(): ToolboxLink {
    if (this.now === 'started' && this.toolbox) return this.toolbox.link
    const { name } = this.record
    if (this.now === 'starting')
      throw new ApiError('SERVICE_UNAVAILABLE', `the sandbox ${name} is starting; try again in a moment`)
    if (this.now === 'error') {
      throw new ApiError(
        'SERVICE_UNAVAILABLE',
        `the sandbox ${name} could not be started: ${this.errorReason ?? 'unknown'}`,
      )
    }
    throw new ApiError('CONFLICT', `the sandbox ${name} is ${this.now}; start it first`)
  }

  /** As `requireLink`, but a sandbox that is on its way up is waited for, within reason. */
  async link(): Promise<ToolboxLink> {
    if (this.now === 'starting') await this.startSettled()
    return this.requireLink()
  }

  /** Take over a toolbox that runs already: a warm one, or one of an earlier engine. */
  adopt(toolbox: Toolbox): void {
    this.follow(toolbox)
    this.become('started')
  }

  /** Bring it up and wait until it answers. A sandbox that is up stays as it is. */
  start(): Promise<void> {
    return this.inTurn(async () => {
      if (this.now === 'started') return
      this.record.desired = 'started'
      this.record.stoppedAt = null
      this.record.authToken = newAuthToken()
      this.failures = 0
      this.touch()
      await this.launch()
    })
  }

  /** End everything that runs in it: in order where the toolbox still answers, at once with `force`. Files stay. */
  stop(force = false): Promise<void> {
    return this.inTurn(async () => {
      if (this.now === 'stopped') return
      this.become('stopping')
      this.wantStopped()
      await this.end(force)
      this.become('stopped')
    })
  }

  /** Stop because the engine stops: a start under way is given up, and no other one follows. */
  shutDown(): Promise<void> {
    this.gone.abort()
    return this.inTurn(async () => {
      if (this.now === 'stopped') return
      this.wantStopped()
      await this.end(false)
      this.become('stopped')
    })
  }

  /** Send what runs its end, without waiting for anything. */
  killNow(): void {
    void (this.toolbox ?? this.ending)?.process.kill()
  }

  /** End everything and remove every file. */
  destroy(): Promise<void> {
    this.gone.abort()
    return this.inTurn(async () => {
      this.record.desired = 'destroyed'
      this.become('destroying')
      this.keepRecord()
      await this.end(true)
      await this.around.store.remove(this.record.id)
      this.become('destroyed')
    })
  }

  noteActivity(): void {
    const now = Date.now()
    this.record.lastActivityAt = new Date(now).toISOString()
    if (now - this.activitySavedAt < saveActivityMs) return
    this.activitySavedAt = now
    this.save()
  }

  /** Change what is kept; saved before anybody is told. Throws when it cannot be saved, and then nothing changed. */
  update(change: Partial<SandboxRecord>): void {
    const before = { ...this.record }
    Object.assign(this.record, change, { updatedAt: new Date().toISOString() })
    try {
      this.around.store.save(this.record)
    } catch (error) {
      Object.assign(this.record, before)
      throw error
    }
    this.around.changed(this, this.now)
  }

  /** Answer a read of a sandbox that does not run from its files; false where that cannot be done. */
  async answerFromDisk(request: IncomingMessage, response: ServerResponse, url: string): Promise<boolean> {
    if (this.now !== 'stopped' || request.method !== 'GET') return false
    this.disk ??= readFromDisk(this.record, this.folder, this.isolation)
    return this.disk.answer(request, response, url)
  }

  /** The same for a WebSocket that follows a journal. */
  upgradeFromDisk(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean {
    if (this.now !== 'stopped') return false
    this.disk ??= readFromDisk(this.record, this.folder, this.isolation)
    return this.disk.upgrade(request, socket, head, url)
  }

  private visible() {
    return { state: this.now, errorReason: this.errorReason, isolation: this.isolation }
  }

  /** Resolves when the start under way has succeeded or failed, or when waiting for it has taken too long. */
  private startSettled(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, startPatienceMs)
      this.waiting.add(done)
    })
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.queue.then(() => {
      if (this.now === 'destroyed')
        throw new ApiError('NOT_FOUND', `Sandbox with ID or name ${this.record.id} not found`)
      return work()
    })
    this.queue = result.catch(() => {})
    return result
  }

  private async launch(): Promise<void> {
    this.become('starting')
    this.disk = null
    try {
      const toolbox = await launchToolbox(this.around.isolation, this.record, this.folder, this.gone.signal)
      this.follow(toolbox)
      this.become('started')
    } catch (error) {
      this.toolbox = null
      this.errorReason = error instanceof Error ? error.message : String(error)
      console.error(`sandbox ${this.record.id} could not be started:`, error)
      this.become('error')
      throw new ApiError(
        'SERVICE_UNAVAILABLE',
        `the sandbox ${this.record.name} could not be started: ${this.errorReason}`,
      )
    }
  }

  private follow(toolbox: Toolbox): void {
    this.toolbox = toolbox
    const since = performance.now()
    void toolbox.process.ended.then((how) => {
      if (this.toolbox !== toolbox) return
      this.toolbox = null
      toolbox.link.close()
      if (this.record.desired !== 'started' || this.gone.signal.aborted) return
      this.failures = performance.now() - since > settledMs ? 0 : this.failures + 1
      console.error(`The toolbox of sandbox ${this.record.id} ended (${how}); it is started again.`)
      this.revive()
    })
  }

  private revive(): void {
    this.become('starting')
    const wait = backoffMs[Math.min(this.failures, backoffMs.length - 1)] ?? 0
    void sleep(wait, undefined, { signal: this.gone.signal, ref: false })
      .then(() =>
        this.inTurn(async () => {
          if (this.now === 'starting' && this.record.desired === 'started' && !this.toolbox) await this.launch()
        }),
      )
      .catch((error: unknown) => {
        if (!this.gone.signal.aborted) console.error(`sandbox ${this.record.id} stays down:`, error)
      })
  }

  private async end(force: boolean): Promise<void> {
    const toolbox = this.toolbox
    this.toolbox = null
    this.ending = toolbox
    if (toolbox) await endToolbox(toolbox, force)
    // A launch that failed half-way has no process of which we know.
    else await this.around.isolation.sweep(this.record.id)
    this.ending = null
  }

  private become(state: SandboxState): void {
    const before = this.now
    this.now = state
    if (state !== 'error') this.errorReason = null
    if (state !== 'starting') for (const done of this.waiting) done()
    if (before !== state) this.around.changed(this, before)
  }

  /** Saved before anything is ended: an engine that dies meanwhile must not bring the sandbox back. */
  private wantStopped(): void {
    this.record.desired = 'stopped'
    this.record.stoppedAt = new Date().toISOString()
    this.touch()
  }

  private touch(): void {
    const now = new Date().toISOString()
    this.record.updatedAt = now
    this.record.lastActivityAt = now
    this.activitySavedAt = Date.now()
    this.save()
  }

  /** For what a client did not ask for: a full disk must not stop a sandbox from running. */
  private save(): void {
    if (this.record.desired !== 'destroyed') this.keepRecord()
  }

  private keepRecord(): void {
    try {
      this.around.store.save(this.record)
    } catch (error) {
      console.error(`the metadata of sandbox ${this.record.id} cannot be saved:`, error)
    }
  }
}
