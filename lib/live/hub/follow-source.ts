/**
 * Follows a journal of a target for one channel. When the connection is lost, it is retried and continues at the same
 * offset. A target without journals is followed by the protocol's log stream, and a run there by the console's own
 * record of the run.
 */

import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { type JournalStream, journalWindowSchema } from '@/lib/process-api/extensions'
import { executionPath, journalOf } from '@/lib/process-api/operations/journal'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { plainExecution } from '@/lib/process-api/plain-shapes'
import type { TargetError } from '@/lib/process-api/problem'
import { hasJournals } from '@/lib/targets/capability-cache'
import { plainRuns } from '@/lib/targets/plain-runs/shared'
import type { JournalRef } from '../protocol'
import type { JournalSource, SourceListener } from './journal-source'
import { SourcePosition } from './source-position'
import { connectionLost, journalReader, logReader } from './source-readers'
import { isPermanent, problemOf, TargetRetry } from './target-retry'
import { TargetSocket, type TargetSocketListener } from './target-socket'

const sizeTimeoutMs = 2_000

export interface FollowOptions {
  target: string
  ref: JournalRef
  /** Only this stream, with its own offsets; null for both. */
  stream: JournalStream | null
  from: number
  /** The current client of a target; requested before each attempt. */
  client: (target: string) => ProcessApiClient
  listener: SourceListener
}

export class FollowSource implements JournalSource {
  private readonly abort = new AbortController()
  private readonly position: SourcePosition
  private readonly retry = new TargetRetry()
  private socket: TargetSocket | null = null
  private isPaused = false
  private hasJournal = false

  constructor(private readonly options: FollowOptions) {
    this.position = new SourcePosition(options.from, options.listener)
    void this.connect()
  }

  pause(): void {
    this.isPaused = true
    this.socket?.pause()
  }

  resume(): void {
    this.isPaused = false
    this.socket?.resume()
  }

  async size(): Promise<number | null> {
    const { client, target, ref, stream } = this.options
    if (!this.hasJournal) return null
    try {
      const options = { signal: this.abort.signal, deadlineMs: sizeTimeoutMs }
      const call = { sandboxId: ref.sandboxId, query: { tail: 0 } }
      const response = await client(target).send(journalOf(ref).read, call, options)
      const { size, stderrBytes = 0 } = journalWindowSchema.parse(await response.json())
      if (stream === null) return size
      return stream === 'stderr' ? stderrBytes : size - stderrBytes
    } catch {
      return null // the size is optional, and the stream itself reports errors
    }
  }

  close(): void {
    this.abort.abort()
    this.retry.cancel()
    this.closeSocket()
  }

  private async connect(): Promise<void> {
    const { target, ref, stream } = this.options
    try {
      const client = this.options.client(target)
      // Targets whose journals cannot be filtered by stream are followed by the log stream and filtered here.
      this.hasJournal = await hasJournals(target, client, ref.sandboxId, stream === null ? 'journal' : 'search')
      const toolboxUrl = await client.toolboxUrlOf(ref.sandboxId, { signal: this.abort.signal })
      if (this.isClosed) return
      const url = toolboxUrl + executionPath(ref)
      if (this.hasJournal) this.followJournal(client, url)
      else if (ref.kind === 'command') this.followLog(client, url)
      else await this.awaitRun(ref.sandboxId, ref.runId)
    } catch (error) {
      if (!this.isClosed) this.handleLoss(error)
    }
  }

  private followJournal(client: ProcessApiClient, url: string): void {
    const { stream } = this.options
    const filter = stream === null ? '' : `&stream=${stream}&offsets=stream`
    const reader = journalReader(this.position, {
      failed: (error) => {
        this.closeSocket()
        this.handleLoss(error)
      },
      lost: (error) => {
        if (error.code === 'BAD_REQUEST') void this.handleBadOffset(error)
        else this.handleLoss(error)
      },
    })
    this.dial(client, `${url}/journal/follow?from=${this.position.next}${filter}`, reader)
  }

  private followLog(client: ProcessApiClient, url: string): void {
    const reader = logReader(this.position, this.options.stream, {
      completed: (size) => void this.readVerdict(client, size),
      lost: (error) => this.handleLoss(error),
    })
    this.dial(client, `${url}/logs?follow=true`, reader)
  }

  private dial(client: ProcessApiClient, url: string, reader: TargetSocketListener): void {
    this.socket = new TargetSocket(url, client.endpoint.apiKey, {
      ...reader,
      opened: () => {
        this.retry.connected()
        if (this.isPaused) this.socket?.pause()
        reader.opened?.()
      },
      closed: (code, error, reason) => {
        this.socket = null
        if (!this.isClosed) reader.closed(code, error, reason)
      },
    })
  }

  /** A journal that ends before the requested offset is another one: open it at its end, and the viewer starts again. */
  private async handleBadOffset(error: ApiError | TargetError): Promise<void> {
    const size = await this.size()
    if (this.isClosed) return
    if (size === null || size >= this.position.next) {
      this.handleLoss(error)
      return
    }
    this.position.opened(size, size)
    void this.connect()
  }

  /** A run that the console waits for has no output until it has ended. */
  private async awaitRun(sandboxId: string, runId: string): Promise<void> {
    const sandbox = { target: this.options.target, sandboxId }
    const runs = plainRuns()
    if (runs.get(sandbox, runId) === null) throw new ApiError('NOT_FOUND', 'There is no run with this id.')
    this.position.opened(this.position.next, null)
    await runs.ended(runId)
    if (this.isClosed) return
    // The protocol returns both streams of a run as one text, which counts as stdout.
    const data = this.options.stream === 'stderr' ? Buffer.alloc(0) : runs.output(sandbox, runId)
    if (data.byteLength > 0) this.position.deliver({ stream: 'stdout', offset: 0, wallMs: null, data })
    this.position.ended(data.byteLength, runs.get(sandbox, runId))
  }

  /** The end of a log stream does not mean that the command ended: only the command itself has a verdict. */
  private async readVerdict(client: ProcessApiClient, size: number): Promise<void> {
    const { ref } = this.options
    if (ref.kind !== 'command') return
    try {
      const { sandboxId, sessionId, commandId } = ref
      const call = { sandboxId, sessionId, commandId }
      const command = await client.call(sessionOperations.getCommand, call, { signal: this.abort.signal })
      if (command.exitCode === undefined) throw connectionLost()
      this.position.ended(size, plainExecution(command.exitCode))
    } catch (error) {
      if (!this.isClosed) this.handleLoss(error)
    }
  }

  private handleLoss(error: unknown): void {
    const problem = problemOf(error, 'A log cannot be followed')
    if (isPermanent(error)) this.options.listener.failed(problem)
    else
      this.options.listener.away(
        this.retry.schedule(() => void this.connect()),
        problem.message,
      )
  }

  private closeSocket(): void {
    this.socket?.close()
    this.socket = null
  }

  private get isClosed(): boolean {
    return this.abort.signal.aborted
  }
}
