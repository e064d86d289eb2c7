/** The way from the control plane to one toolbox: HTTP over the Unix socket in its state folder. */
import { closeSync, lstatSync, openSync } from 'node:fs'
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** `sun_path` holds 108 bytes with its closing NUL on Linux. */
const longestSocketPath = 107
const readyPollMs = 4
/** Longest answer to a question, unless the asker expects more. */
const maxAnswerBytes = 1024 ** 2

export class ToolboxLink {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  /** Held open where the path is too long for a socket address, which then goes through it. */
  private folder: number | null = null
  readonly socketPath: string

  constructor(stateDir: string) {
    const direct = path.join(stateDir, 'toolbox.sock')
    if (Buffer.byteLength(direct) <= longestSocketPath) {
      this.socketPath = direct
    } else {
      this.folder = openSync(stateDir, 'r')
      this.socketPath = `/proc/self/fd/${this.folder}/toolbox.sock`
    }
  }

  /** Options of a request to this toolbox; the caller adds method, path and headers. */
  get options(): RequestOptions {
    return { socketPath: this.socketPath, agent: this.agent }
  }

  /** A bare connection, for an upgrade that is passed on as bytes. */
  connect(): Socket {
    return connect(this.socketPath)
  }

  /**
   * Ask and read a short JSON answer (null when empty).
   * Rejects when the toolbox cannot be reached, answers with an error or with more than `maxBytes`, or takes longer than
   * `deadlineMs`.
   */
  async ask(
    method: string,
    url: string,
    body: unknown,
    deadlineMs: number,
    maxBytes = maxAnswerBytes,
  ): Promise<unknown> {
    const text = body === undefined ? '' : JSON.stringify(body)
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest(
        {
          ...this.options,
          method,
          path: url,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
          signal: AbortSignal.timeout(deadlineMs),
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
      // Leaving the loop ends the connection.
      if (size > maxBytes) throw new Error(`${method} ${url} answered with more than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    const answer = Buffer.concat(chunks).toString('utf8')
    if ((response.statusCode ?? 0) >= 400)
      throw new Error(`${method} ${url} answered ${response.statusCode}: ${answer}`)
    return answer === '' ? null : JSON.parse(answer)
  }

  /**
   * Read an answer line by line, no faster than the lines are taken. Rejects as `ask` does, and for a line that is
   * longer than `maxBytes`.
   */
  async *lines(url: string, signal: AbortSignal, maxBytes: number): AsyncGenerator<string> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({ ...this.options, path: url, signal }, resolve)
      request.on('error', reject)
      request.end()
    })
    if (response.statusCode !== 200) {
      response.destroy()
      throw new Error(`GET ${url} answered ${response.statusCode}`)
    }
    let held: Buffer[] = []
    let size = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      let from = 0
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        yield Buffer.concat([...held, chunk.subarray(from, end)]).toString('utf8')
        held = []
        size = 0
        from = end + 1
      }
      const rest = chunk.subarray(from)
      size += rest.length
      if (size > maxBytes) throw new Error(`GET ${url} answered with a line of more than ${maxBytes} bytes`)
      if (rest.length > 0) held.push(rest)
    }
  }

  /** Resolves once the toolbox answers; rejects at the deadline or when `gaveUp` rejects. */
  async ready(deadlineMs: number, gaveUp: Promise<never>): Promise<void> {
    const deadline = performance.now() + deadlineMs
    gaveUp.catch(() => {})
    for (;;) {
      this.refuseOther()
      const attempt = this.ask('GET', '/version', undefined, Math.max(1, Math.ceil(deadline - performance.now())))
      attempt.catch(() => {})
      try {
        await Promise.race([attempt, gaveUp])
        return
      } catch (error) {
        if (!isNotListening(error) || performance.now() > deadline) throw error
      }
      await Promise.race([sleep(readyPollMs), gaveUp])
    }
  }

  /** A link in the place of the socket would lead to somebody else's. */
  private refuseOther(): void {
    const found = lstatSync(this.socketPath, { throwIfNoEntry: false })
    if (found && !found.isSocket()) throw new Error('what stands in the place of its socket is none')
  }

  close(): void {
    this.agent.destroy()
    if (this.folder !== null) closeSync(this.folder)
    this.folder = null
  }
}

function isNotListening(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'ENOENT' || code === 'ECONNREFUSED'
}
