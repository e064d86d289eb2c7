/** The toolbox's side of a scan: opens the journal, starts the thread, and ends it when its client disconnects. */
import { closeSync } from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { ApiError } from '@/lib/process-api/errors'
import type { LineFilter } from '@/lib/process-api/journal-matches'
import type { Journal } from '../journal'
import { LinePositions } from '../line-positions'
import type { ScanReply, ScanRequest, ScanSource, ScanTask } from './messages'

/** Concurrent scans per process. Each uses one processor and up to 64 MB. */
const maxScans = 3
const maxHeapMb = 128
export const scanTimeoutMs = 50_000
/** A count ends itself at its time limit, and then still reports what it has found. */
const defaultMaxSilenceMs = scanTimeoutMs + 5_000

let activeScans = 0

export type ScanEvent = Exclude<ScanReply, { type: 'started' | 'invalid' }>

export interface ScanOptions {
  filter: LineFilter
  task: ScanTask
  /** Folder with the thread's program. */
  assetsDir: string
  signal: AbortSignal
  /** Offset of the stream or journal before which nothing is scanned. */
  from?: number
  /**
   * How long the thread may report nothing; 55 s by default. The pattern decides how long it computes, and the thread of a
   * stopped sandbox is one of the engine.
   */
  maxSilenceMs?: number
}

/** The positions that a scan uses, and the replies of its thread. */
export interface Scan {
  positions: LinePositions
  /** Bytes of the stream or journal. */
  size: number
  replies: AsyncGenerator<ScanEvent>
}

/**
 * Start a scan. Resolves when the pattern was compiled.
 * @throws ApiError BAD_REQUEST for an invalid pattern, TOO_MANY_REQUESTS
 */
export async function startScan(journal: Journal, options: ScanOptions): Promise<Scan> {
  if (activeScans >= maxScans) {
    const message = `${maxScans} searches are running, which is the limit; try again when one has ended`
    throw new ApiError('TOO_MANY_REQUESTS', message, { limit: maxScans })
  }
  activeScans += 1
  try {
    return await openScan(journal, options, () => {
      activeScans -= 1
    })
  } catch (error) {
    activeScans -= 1
    throw error
  }
}

async function openScan(journal: Journal, options: ScanOptions, onEnd: () => void): Promise<Scan> {
  const { filter, task, assetsDir, signal } = options
  const positions = await LinePositions.open(journal, filter.stream)
  const range = await positions.range(filter.since, filter.until, options.from)
  const files = journal.openForScan()
  const source: ScanSource = { ...files, ...range, stream: filter.stream ?? null, size: positions.size }
  const taken = new SharedArrayBuffer(4)
  const { text, regex, case: isCase, word, level } = filter
  const criteria = { text, regex, case: isCase, word, level }
  const request: ScanRequest = { source, criteria, task, taken, timeoutMs: scanTimeoutMs }
  const queue = new ReplyQueue(options.maxSilenceMs ?? defaultMaxSilenceMs)
  let worker: Worker
  try {
    worker = new Worker(path.join(assetsDir, 'journal-scan.mjs'), {
      workerData: request,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    })
  } catch (error) {
    closeFiles(files)
    throw error
  }
  const stop = () => void worker.terminate()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  worker.on('message', (reply: ScanReply) => queue.push(reply))
  worker.on('error', (error) => queue.fail(error))
  const exited = new Promise<void>((resolve) => worker.on('exit', () => resolve()))
  void exited.then(() => {
    signal.removeEventListener('abort', stop)
    closeFiles(files)
    queue.close()
  })
  const first = await queue.next().catch((error: unknown) => {
    stop()
    throw error
  })
  if (first?.type !== 'started') {
    stop()
    await exited
    if (first?.type === 'invalid') throw new ApiError('BAD_REQUEST', first.message)
    throw new ApiError('INTERNAL_SERVER_ERROR', 'the search could not be started')
  }
  return { positions, size: positions.size, replies: replies(queue, stop, exited, new Int32Array(taken), onEnd) }
}

async function* replies(
  queue: ReplyQueue,
  stop: () => void,
  exited: Promise<void>,
  taken: Int32Array<SharedArrayBuffer>,
  onEnd: () => void,
): AsyncGenerator<ScanEvent> {
  try {
    for (let reply = await queue.next(); reply; reply = await queue.next()) {
      if (reply.type === 'started' || reply.type === 'invalid') continue
      yield reply
      if (reply.type === 'end') return
      if (reply.type !== 'lines') continue
      Atomics.add(taken, 0, 1)
      Atomics.notify(taken, 0)
    }
  } finally {
    stop()
    await exited
    onEnd()
  }
}

function closeFiles({ dataFile, indexFile }: Pick<ScanSource, 'dataFile' | 'indexFile'>): void {
  if (dataFile >= 0) closeSync(dataFile)
  if (indexFile !== null) closeSync(indexFile)
}

/** Replies of the thread in order. */
class ReplyQueue {
  private readonly replies: ScanReply[] = []
  private failure: Error | null = null
  private isClosed = false
  private wake: () => void = () => {}

  constructor(private readonly maxSilenceMs: number) {}

  push(reply: ScanReply): void {
    this.replies.push(reply)
    this.wake()
  }

  fail(error: Error): void {
    this.failure = error
    this.wake()
  }

  close(): void {
    this.isClosed = true
    this.wake()
  }

  /** The next reply; null once the thread has exited. Throws what the thread threw, and REQUEST_TIMEOUT. */
  async next(): Promise<ScanReply | null> {
    for (;;) {
      const reply = this.replies.shift()
      if (reply) return reply
      if (this.failure) throw this.failure
      if (this.isClosed) return null
      await new Promise<void>((resolve, reject) => {
        const { maxSilenceMs } = this
        const timer = setTimeout(() => {
          const message = `the search found nothing within ${maxSilenceMs / 1000} seconds; search a smaller part`
          reject(new ApiError('REQUEST_TIMEOUT', message, { timeoutMs: maxSilenceMs }))
        }, maxSilenceMs)
        this.wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}
