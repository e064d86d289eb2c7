/** Requests to the engine over one kept-alive connection, with minimal client overhead. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Connection } from '../e2e/support/product'

export class EngineClient {
  private readonly agent: Agent

  /** @param connections maximum number of concurrent requests */
  constructor(
    private readonly connection: Connection,
    connections = 1,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  api<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.call(method, `${this.connection.apiUrl}${path}`, body)
  }

  toolbox<Answer>(sandboxId: string, method: string, path: string, body?: unknown): Promise<Answer> {
    return this.call(method, `${this.connection.toolboxUrl}/${sandboxId}${path}`, body)
  }

  /** Send a stream; resolves with the status when the whole response was read. */
  async send(sandboxId: string, path: string, headers: Record<string, string>, body: Readable): Promise<number> {
    const { request, responded } = this.open('POST', `${this.connection.toolboxUrl}/${sandboxId}${path}`, headers)
    await pipeline(body, request)
    const response = await responded
    response.resume()
    return response.statusCode ?? 0
  }

  /** Stream a response into a sink. */
  async download(sandboxId: string, path: string, sink: Writable): Promise<void> {
    const { request, responded } = this.open('GET', `${this.connection.toolboxUrl}/${sandboxId}${path}`, {})
    request.end()
    await pipeline(await responded, sink)
  }

  close(): void {
    this.agent.destroy()
  }

  private async call<Answer>(method: string, url: string, body: unknown): Promise<Answer> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const headers: Record<string, string> = bytes
      ? { 'content-type': 'application/json', 'content-length': String(bytes.length) }
      : {}
    const { request, responded } = this.open(method, url, headers)
    request.end(bytes)
    const response = await responded
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    if ((response.statusCode ?? 0) >= 400) throw new Error(`${method} ${url} returned ${response.statusCode}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as Answer
  }

  private open(method: string, url: string, headers: Record<string, string>) {
    const authorization = `Bearer ${this.connection.apiKey}`
    const request = httpRequest(url, {
      method,
      agent: this.agent,
      headers: { authorization, 'x-daytona-sdk-version': '0.216.0', ...headers },
    })
    const responded = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve)
      request.once('error', reject)
    })
    return { request, responded }
  }
}
