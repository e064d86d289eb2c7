/** The connection from the control plane to one toolbox: HTTP over the Unix socket in its state folder. */
import { closeSync, lstatSync, openSync } from 'node:fs'
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect, type OnReadOpts, type Socket } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HeartbeatConnection, HeartbeatUnsupported } from './heartbeat-connection'

/** `sun_path` holds 108 bytes on Linux, including the closing NUL. */
const maxSocketPathBytes = 107
const readyPollMs = 4
/** Default limit for a response body. */
const maxResponseBytes = 1024 ** 2

export class ToolboxLink {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  /** Null for a toolbox of an earlier version. */
  private heartbeat: HeartbeatConnection | null = new HeartbeatConnection(() => this.connect())
  /** Open when the path is too long for a socket address; the address then goes through this descriptor. */
  private folder: number | null = null
  readonly socketPath: string

  constructor(stateDir: string) {
    const direct = path.join(stateDir, 'toolbox.sock')
    if (Buffer.byteLength(direct) <= maxSocketPathBytes) {
      this.socketPath = direct
    } else {
      this.folder = openSync(stateDir, 'r')
      this.socketPath = `/proc/self/fd/${this.folder}/toolbox.sock`
    }
  }

  /** Request options for this toolbox; the caller adds method, path and headers. */
  get options(): RequestOptions {
    return { socketPath: this.socketPath, agent: this.agent }
  }

  /** A bare connection, for bytes that are forwarded. @param onread reads into the caller's buffers */
  connect(onread?: OnReadOpts): Socket {
    return connect({ path: this.socketPath, ...(onread && { onread }) })
  }

  /** Resolves when the toolbox has responded to a ping; rejects when it has not within this time. */
  async ping(timeoutMs: number): Promise<void> {
    try {
      if (this.heartbeat) return await this.heartbeat.ping(timeoutMs)
    } catch (error) {
      if (!(error instanceof HeartbeatUnsupported)) throw error
      this.heartbeat = null
    }
    await this.call('GET', '/version', undefined, timeoutMs)
  }

  /**
   * Send a request and read a short JSON response (null when empty).
   * Rejects when the toolbox is unreachable, returns an error status or more than `maxBytes`, or exceeds `deadlineMs`.
   */
  async call(
    method: string,
    url: string,
    body: unknown,
    timeoutMs: number,
    maxBytes = maxResponseBytes,
  ): Promise<unknown> {
    const text = body === undefined ? '' : JSON.stringify(body)
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest(
        {
          ...this.options,
          method,
          path: url,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
          signal: AbortSignal.timeout(timeoutMs),
        },
        resolve,
      )
      request.on('error', reject)
      request.end(text)
    })
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      // Leaving the loop closes the connection.
      if (size > maxBytes) throw new Error(`${method} ${url} returned more than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    const bodyText = Buffer.concat(chunks).toString('utf8')
    if ((response.statusCode ?? 0) >= 400)
      throw new Error(`${method} ${url} returned status ${response.statusCode}: ${bodyText}`)
    return bodyText === '' ? null : JSON.parse(bodyText)
  }

  /**
   * Read a response line by line, with backpressure. Rejects like `ask`, and when a line exceeds `maxBytes`.
   */
  async *lines(url: string, signal: AbortSignal, maxBytes: number): AsyncGenerator<string> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({ ...this.options, path: url, signal }, resolve)
      request.on('error', reject)
      request.end()
    })
    if (response.statusCode !== 200) {
      response.destroy()
      throw new Error(`GET ${url} returned status ${response.statusCode}`)
    }
    let buffered: Buffer[] = []
    let size = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      let from = 0
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        yield Buffer.concat([...buffered, chunk.subarray(from, end)]).toString('utf8')
        buffered = []
        size = 0
        from = end + 1
      }
      const rest = chunk.subarray(from)
      size += rest.length
      if (size > maxBytes) throw new Error(`GET ${url} returned a line of more than ${maxBytes} bytes`)
      if (rest.length > 0) buffered.push(rest)
    }
  }

  /** Resolves once the toolbox responds; rejects at the deadline or when `gaveUp` rejects. */
  async ready(timeoutMs: number, failed: Promise<never>): Promise<void> {
    const deadline = performance.now() + timeoutMs
    failed.catch(() => {})
    for (;;) {
      this.requireSocket()
      const attempt = this.call('GET', '/version', undefined, Math.max(1, Math.ceil(deadline - performance.now())))
      attempt.catch(() => {})
      try {
        await Promise.race([attempt, failed])
        return
      } catch (error) {
        if (!isNotListening(error) || performance.now() > deadline) throw error
      }
      await Promise.race([sleep(readyPollMs), failed])
    }
  }

  /** A symbolic link instead of the socket could lead to another toolbox. */
  private requireSocket(): void {
    const found = lstatSync(this.socketPath, { throwIfNoEntry: false })
    if (found && !found.isSocket()) throw new Error('the path of the toolbox socket is not a socket')
  }

  close(): void {
    this.agent.destroy()
    this.heartbeat?.close()
    if (this.folder !== null) closeSync(this.folder)
    this.folder = null
  }
}

function isNotListening(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'ENOENT' || code === 'ECONNREFUSED'
}
