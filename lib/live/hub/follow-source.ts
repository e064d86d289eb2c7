/**
 * Follows a journal at a target for one channel. While the target is away it tries again and goes on at the same byte;
 * a target without journals is followed by the protocol's own log stream, told apart and counted here, and a run there
 * by the console's own record of it.
 */

import { log } from '@/lib/log/log'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { Execution } from '@/lib/process-api/execution'
import { followMessageSchema, type JournalStream, journalWindowSchema } from '@/lib/process-api/extensions'
import { decodeJournalFrame } from '@/lib/process-api/journal-frame'
import { LogMarkerReader, type MarkedPiece } from '@/lib/process-api/log-markers'
import { executionPath, journalOf } from '@/lib/process-api/operations/journal'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { plainExecution } from '@/lib/process-api/plain-shapes'
import { TargetError, toProblem } from '@/lib/process-api/problem'
import { hasJournals } from '@/lib/targets/capability-cache'
import { plainRuns } from '@/lib/targets/plain-runs/shared'
import type { JournalRef } from '../protocol'
import { ArrivalClock } from './arrival-clock'
import type { Chunk } from './chunk-queue'
import type { JournalSource, SourceListener } from './journal-source'
import { targetRetryDelay } from './target-retry'
import { TargetSocket, type TargetSocketListener } from './target-socket'

/** A stream that lived this long was good: the next try after its loss comes soon. */
const settledMs = 5_000

export interface FollowOptions {
  target: string
  ref: JournalRef
  /** One stream as a log of its own, with its own offsets; null for both. */
  stream: JournalStream | null
  from: number
  /** Where the target is now; asked before each try. */
  client: (target: string) => ProcessApiClient
  listener: SourceListener
}

export class FollowSource implements JournalSource {
  private readonly aborter = new AbortController()
  private socket: TargetSocket | null = null
  private retryTimer: NodeJS.Timeout | null = null
  private attempt = 0
  private openedAt = 0
  private next: number
  private wantsPause = false
  private fromJournal = false
  private told: { offset: number; state: string | undefined } | null = null

  constructor(private readonly options: FollowOptions) {
    this.next = options.from
    void this.connect()
  }

  pause(): void {
    this.wantsPause = true
    this.socket?.pause()
  }

  resume(): void {
    this.wantsPause = false
    this.socket?.resume()
  }

  async size(): Promise<number | null> {
    const { client, target, ref, stream } = this.options
    if (!this.fromJournal) return null
    try {
      const options = { signal: this.aborter.signal, deadlineMs: 2_000 }
      const answer = await client(target).send(
        journalOf(ref).read,
        { sandboxId: ref.sandboxId, query: { tail: 0 } },
        options,
      )
      const { size, stderrBytes = 0 } = journalWindowSchema.parse(await answer.json())
      if (stream === null) return size
      return stream === 'stderr' ? stderrBytes : size - stderrBytes
    } catch {
      return null // a figure for the viewer's comfort; the stream itself tells what is wrong
    }
  }

  close(): void {
    this.aborter.abort()
    if (this.retryTimer) clearTimeout(this.retryTimer)
    this.socket?.close()
    this.socket = null
  }

  private async connect(): Promise<void> {
    const { target, ref, stream } = this.options
    try {
      const client = this.options.client(target)
      // A journal that cannot be followed by stream is told apart here, like a plain log.
      this.fromJournal = await hasJournals(target, client, ref.sandboxId, stream === null ? 'journal' : 'search')
      const toolboxUrl = await client.toolboxUrlOf(ref.sandboxId, { signal: this.aborter.signal })
      if (this.isClosed) return
      const url = toolboxUrl + executionPath(ref)
      const own = stream === null ? '' : `&stream=${stream}&offsets=stream`
      if (this.fromJournal) this.dial(client, `${url}/journal/follow?from=${this.next}${own}`, this.journalReader())
      else if (ref.kind === 'command') this.dial(client, `${url}/logs?follow=true`, this.logReader(client))
      else await this.awaitRun(ref.sandboxId, ref.runId)
    } catch (error) {
      if (!this.isClosed) this.lost(error)
    }
  }

  /** A journal that ends before the viewer's byte is another one: say where it ends, and the viewer begins anew. */
  private async refusedOffset(error: ApiError | TargetError): Promise<void> {
    const size = await this.size()
    if (this.isClosed) return
    if (size === null || size >= this.next) {
      this.lost(error)
      return
    }
    this.opened(size, size)
    void this.connect()
  }

  private dial(client: ProcessApiClient, url: string, reader: TargetSocketListener): void {
    this.socket = new TargetSocket(url, client.endpoint.apiKey, {
      ...reader,
      opened: () => {
        this.openedAt = Date.now()
        if (this.wantsPause) this.socket?.pause()
        reader.opened?.()
      },
      closed: (code, error) => {
        this.socket = null
        if (!this.isClosed) reader.closed(code, error)
      },
    })
  }

  /** Reads the journal extension: binary frames of bytes, text frames of what happens to the stream. */
  private journalReader(): TargetSocketListener {
    let ended = false
    return {
      bytes: (frame) => {
        const { stream, offset, wallMs, payload } = decodeJournalFrame(frame)
        this.deliver({ stream, offset, wallMs, data: payload, frame })
      },
      text: (text) => {
        const message = followMessageSchema.safeParse(parseJson(text))
        if (!message.success) return
        if (message.data.type === 'opened') {
          this.opened(message.data.from, message.data.size)
        } else if (message.data.type === 'end') {
          ended = true
          this.ended(message.data.size, message.data.execution)
        } else {
          this.socket?.close()
          this.socket = null
          this.lost(new TargetError('TARGET_UNREACHABLE', message.data.message))
        }
      },
      closed: (code, error) => {
        if (ended && code === 1000) return
        if (error?.code === 'BAD_REQUEST') void this.refusedOffset(error)
        else this.lost(error ?? streamBroke())
      },
    }
  }

  /** Reads the protocol's log stream, which always starts at the first byte: what the viewer has is skipped. */
  private logReader(client: ProcessApiClient): TargetSocketListener {
    const reader = new LogMarkerReader()
    const arrival = new ArrivalClock()
    const { stream } = this.options
    let own = 0
    const deliver = (pieces: MarkedPiece[]) => {
      const wallMs = arrival.stamp()
      for (const piece of pieces) {
        if (stream !== null && piece.stream !== stream) continue
        this.deliver(stream === null ? { ...piece, wallMs } : { ...piece, offset: own, wallMs })
        own += piece.data.byteLength
      }
    }
    return {
      opened: () => this.opened(this.next, null),
      bytes: (bytes) => deliver(reader.push(bytes)),
      text: (text) => deliver(reader.push(Buffer.from(text))),
      closed: (code, error) => {
        deliver(reader.end())
        if (code === 1000) void this.askVerdict(client, stream === null ? reader.size : own)
        else this.lost(error ?? streamBroke())
      },
    }
  }

  /** A run that the console waits for: nothing to see until it is over, then everything at once. */
  private async awaitRun(sandboxId: string, runId: string): Promise<void> {
    const place = { target: this.options.target, sandboxId }
    const runs = plainRuns()
    if (runs.get(place, runId) === null) throw new ApiError('NOT_FOUND', 'There is no run of this id.')
    this.opened(this.next, null)
    await runs.ended(runId)
    if (this.isClosed) return
    // What the protocol answers of a run is one text, and counts as stdout.
    const data = this.options.stream === 'stderr' ? Buffer.alloc(0) : runs.output(place, runId)
    if (data.byteLength > 0) this.deliver({ stream: 'stdout', offset: 0, wallMs: null, data })
    this.ended(data.byteLength, runs.get(place, runId))
  }

  /** The end of a log stream is no verdict: only the command itself has one. */
  private async askVerdict(client: ProcessApiClient, size: number): Promise<void> {
    const { ref } = this.options
    if (ref.kind !== 'command') return
    try {
      const { sandboxId, sessionId, commandId } = ref
      const call = { sandboxId, sessionId, commandId }
      const command = await client.call(sessionOperations.getCommand, call, { signal: this.aborter.signal })
      if (command.exitCode === undefined) throw streamBroke()
      this.ended(size, plainExecution(command.exitCode))
    } catch (error) {
      if (!this.isClosed) this.lost(error)
    }
  }

  private opened(from: number, size: number | null): void {
    this.next = from
    this.options.listener.opened(from, size)
  }

  /** Hand on what the viewer does not have yet. */
  private deliver(chunk: Chunk): void {
    const known = this.next - chunk.offset
    if (known >= chunk.data.byteLength) return
    const fresh =
      known <= 0
        ? chunk
        : { stream: chunk.stream, offset: this.next, wallMs: chunk.wallMs, data: chunk.data.subarray(known) }
    this.next = fresh.offset + fresh.data.byteLength
    this.options.listener.chunk(fresh)
  }

  /** Told once, also when a later connection says the same again. */
  private ended(offset: number, execution: Execution | null): void {
    if (this.told && this.told.offset === offset && this.told.state === execution?.state) return
    this.told = { offset, state: execution?.state }
    this.options.listener.ended(offset, execution)
  }

  private lost(error: unknown): void {
    if (!(error instanceof TargetError || error instanceof ApiError))
      log.error({ err: error }, 'A log cannot be followed')
    if (isFinal(error)) {
      this.options.listener.failed(toProblem(error))
      return
    }
    if (this.openedAt > 0 && Date.now() - this.openedAt >= settledMs) this.attempt = 0
    this.openedAt = 0
    const delay = targetRetryDelay(this.attempt)
    this.attempt += 1
    this.retryTimer = setTimeout(() => void this.connect(), delay)
    this.options.listener.away(delay, toProblem(error).message)
  }

  private get isClosed(): boolean {
    return this.aborter.signal.aborted
  }
}

function streamBroke(): TargetError {
  return new TargetError('TARGET_UNREACHABLE', 'The log stream from the target broke off.')
}

/** Whether trying again is of no use: what is asked for does not exist or cannot be asked of this target. */
function isFinal(error: unknown): boolean {
  if (error instanceof TargetError) return error.code === 'TARGET_UNKNOWN' || error.code === 'TARGET_UNSUPPORTED'
  if (!(error instanceof ApiError)) return false
  return error.status < 500 && error.code !== 'CONFLICT' && error.code !== 'TOO_MANY_REQUESTS' && error.status !== 408
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not JSON: the schema says no to it
  }
}
