/** An ordinary client of the engine, whose responses are all searched for leaks. */
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'

export interface Reply {
  /** 0 when no response arrived in time. */
  readonly status: number
  readonly text: string
  json<Value>(): Value
}

export interface ClientOptions {
  readonly port: number
  readonly apiKey: string
  /** Called with every text from the engine, and its source. */
  onText(text: string, from: string): void
}

export const requestTimeoutMs = 20_000

export class Client {
  constructor(private readonly options: ClientOptions) {}

  /** Send a request with the key. `route` starts with `/api` or `/toolbox`. */
  async ask(
    method: string,
    route: string,
    body?: unknown,
    headers: Record<string, string> = {},
    timeoutMs = requestTimeoutMs,
  ): Promise<Reply> {
    const { port, apiKey, onText } = this.options
    const isForm = body instanceof FormData
    const sent = isForm || typeof body === 'string' ? body : body === undefined ? null : JSON.stringify(body)
    const type: Record<string, string> = body === undefined || isForm ? {} : { 'content-type': 'application/json' }
    let status = 0
    let text = ''
    try {
      const response = await fetch(`http://127.0.0.1:${port}${route}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          'x-daytona-sdk-version': '0.216.0',
          ...type,
          ...headers,
        },
        body: sent,
        signal: AbortSignal.timeout(timeoutMs),
      })
      status = response.status
      text = Buffer.from(await response.arrayBuffer()).toString('latin1')
    } catch (error) {
      text = error instanceof Error ? `${error.name}: ${error.message} ${error.cause ?? ''}` : String(error)
    }
    onText(text, `${method} ${route}`)
    return { status, text, json: () => JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) }
  }

  /** Open a WebSocket, send messages, and listen until it closes or times out. Resolves with everything received. */
  async converse(route: string, messages: readonly string[], forMs: number, until?: RegExp): Promise<string> {
    const { port, apiKey, onText } = this.options
    const socket = new WebSocket(`ws://127.0.0.1:${port}${route}`, {
      headers: { authorization: `Bearer ${apiKey}` },
      perMessageDeflate: false,
    })
    let text = ''
    const closed = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        text += data.toString('latin1')
        if (until?.test(text)) resolve()
      })
      socket.on('open', () => {
        for (const message of messages) socket.send(message)
      })
      socket.on('close', () => resolve())
      socket.on('error', () => resolve())
    })
    const timer = new AbortController()
    await Promise.race([closed, delay(forMs, undefined, { signal: timer.signal }).catch(() => undefined)])
    timer.abort()
    socket.terminate()
    onText(text, `WebSocket ${route}`)
    return text
  }
}
