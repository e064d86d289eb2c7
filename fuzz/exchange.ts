/** Runs one exchange on a new connection and reports what was wrong with the response. */
import { connect, type Socket } from 'node:net'
import type { ExchangeCase } from './exchange-case'
import { type ParsedResponse, parseResponse, Unreadable } from './response'
import { faultOf } from './verdict'

export interface Address {
  readonly host?: string
  readonly port?: number
  /** Path of a Unix socket. */
  readonly path?: string
}

/** Timeout for the head of a response to a complete request. */
const responseTimeoutMs = 30_000
/** How long to read a response without an end (a stream). */
const streamMs = 1_000
/** A server that reads nothing for this long has stopped reading the request. */
const stalledMs = 5_000
/** Maximum size of a response to read. */
const maxBytes = 4 * 1024 * 1024

/** Resolves with what was wrong, or null. Never rejects. */
export async function runExchange(
  exchange: ExchangeCase,
  address: Address,
  heard: (text: string) => void = () => {},
): Promise<string | null> {
  const connection = new Connection(address)
  try {
    await connection.send(exchange.writes)
    if (exchange.end === 'reset') return null
    if (exchange.end === 'half-close') connection.halfClose()
    return await awaitResponse(exchange, connection)
  } catch (error) {
    if (error instanceof Unreadable) return error.message
    throw error
  } finally {
    heard(connection.received.toString('latin1'))
    await connection.close()
  }
}

async function awaitResponse(exchange: ExchangeCase, connection: Connection): Promise<string | null> {
  const { isWhole, hasNoBody } = exchange
  const started = performance.now()
  for (;;) {
    const response = parseResponse(connection.received, connection.hasEnded, hasNoBody)
    const waitedMs = performance.now() - started
    if (connection.hasEnded || connection.size > maxBytes || isEnough(response, waitedMs)) {
      return judge(exchange, response, connection)
    }
    if (waitedMs > (isWhole ? responseTimeoutMs : streamMs)) {
      return isWhole ? `no response within ${responseTimeoutMs} ms` : null
    }
    await connection.changed(response || !isWhole ? streamMs : responseTimeoutMs)
  }
}

function isEnough(response: ParsedResponse | null, waitedMs: number): boolean {
  return response !== null && (response.isComplete || waitedMs > streamMs)
}

/** A connection whose received bytes are collected. */
class Connection {
  hasEnded = false
  problem: Error | null = null
  size = 0
  private readonly chunks: Buffer[] = []
  private readonly socket: Socket
  private readonly closed: Promise<void>
  /** Resolves when the server ends, fails, or does not read any more. */
  private readonly unwritable: Promise<void>
  private wake: () => void = () => {}

  constructor(address: Address) {
    this.socket = connect({ ...(address.path ? { path: address.path } : address), allowHalfOpen: true } as never)
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()))
    this.unwritable = new Promise((resolve) => {
      this.socket.once('end', resolve)
      this.socket.once('error', () => resolve())
      this.socket.setTimeout(stalledMs, resolve)
    })
    this.socket.on('data', (bytes: Buffer) => {
      this.chunks.push(bytes)
      this.size += bytes.length
      this.wake()
    })
    this.socket.once('end', () => this.end(null))
    this.socket.on('error', (error) => this.end(error))
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  /** Send in order, until the server does not read any more. */
  async send(writes: readonly Buffer[]): Promise<void> {
    for (const bytes of writes) {
      if (this.hasEnded) return
      await Promise.race([new Promise<void>((resolve) => this.socket.write(bytes, () => resolve())), this.unwritable])
    }
  }

  halfClose(): void {
    this.socket.end()
  }

  /** Resolves when something arrives, the connection ends, or the timeout is over. */
  async changed(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.wake(), timeoutMs)
    await new Promise<void>((resolve) => {
      this.wake = resolve
    })
    clearTimeout(timer)
  }

  async close(): Promise<void> {
    this.socket.destroy()
    await this.closed
  }

  private end(problem: Error | null): void {
    this.problem = problem ?? this.problem
    this.hasEnded = true
    this.wake()
  }
}

function judge(
  { isWhole, isForeign, hasNoBody }: ExchangeCase,
  response: ParsedResponse | null,
  { problem, hasEnded }: Connection,
): string | null {
  if (response) {
    if (isForeign && response.status < 500) return null
    if (hasEnded && !response.isComplete) return `an incomplete response with ${response.status}`
    return faultOf(response, hasNoBody)
  }
  return isWhole ? `the connection closed without a response${problem ? `: ${problem.message}` : ''}` : null
}
