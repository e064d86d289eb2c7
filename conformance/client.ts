/** The deployment from outside: HTTP and WebSocket with its address and its key, with no other knowledge of it. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { expect, inject } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '@/lib/engine/test/toolbox-fixture'
import type { ExecuteResponse } from '@/lib/process-api/process'
import type { CreateSandboxRequest, SandboxDto } from '@/lib/process-api/sandbox'

export const deployment = inject('deployment')

/** Credentials for the deployment. */
export const withKey = { authorization: `Bearer ${deployment.apiKey}` }

/** Default client identity of the checklist. */
export const version = { 'x-daytona-sdk-version': '0.190.0' }

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  readonly text: string
  /** The body as JSON; the caller knows what it asked for. */
  json<Value>(): Value
}

export interface Request {
  method?: string
  headers?: Record<string, string>
  /** Text, bytes and forms go as they are; anything else as JSON. */
  body?: unknown
  /** Without the key. */
  anonymous?: boolean
}

export interface SocketOptions {
  protocols?: string[]
  /** Instead of key and version. */
  headers?: Record<string, string>
}

export async function send(url: string, request: Request = {}): Promise<Answer> {
  const { method = request.body === undefined ? 'GET' : 'POST', body } = request
  const raw = body === undefined || typeof body === 'string' || body instanceof Buffer || body instanceof FormData
  const response = await fetch(url, {
    method,
    headers: {
      ...(request.anonymous ? {} : withKey),
      ...(raw ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    body: raw ? (body as BodyInit | undefined) : JSON.stringify(body),
    redirect: 'manual',
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    get text() {
      return bytes.toString('utf8')
    },
    json: () => JSON.parse(bytes.toString('utf8')),
  }
}

/** A call of the control plane; `route` begins with a slash. */
export function api(method: string, route: string, body?: unknown, headers: Record<string, string> = {}) {
  return send(`${deployment.apiUrl}${route}`, { method, body, headers })
}

export class Sandbox {
  constructor(readonly dto: SandboxDto) {}

  get id(): string {
    return this.dto.id
  }
  /** As SDKs make it: the prefix of the DTO and the id. */
  get url(): string {
    return `${this.dto.toolboxProxyUrl.replace(/\/*$/, '/')}${this.id}`
  }

  /** A call of the toolbox with the version of the checklist; a header that is `''` is left out. */
  request(route: string, request: Request = {}): Promise<Answer> {
    const headers = { ...version, ...request.headers }
    const given = Object.entries(headers).filter(([, value]) => value !== '')
    return send(`${this.url}${route}`, { ...request, headers: Object.fromEntries(given) })
  }
  post(route: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request(route, { method: 'POST', body, headers })
  }
  delete(route: string): Promise<Answer> {
    return this.request(route, { method: 'DELETE' })
  }

  async execute(command: string, more: Record<string, unknown> = {}): Promise<ExecuteResponse> {
    const answer = await this.post('/process/execute', { command, ...more })
    expect(answer.status).toBe(200)
    return answer.json()
  }

  /** A WebSocket with the key, not yet connected. `ws` itself refuses subprotocols that were not asked for or not given. */
  webSocket(route: string, { protocols = [], headers = { ...withKey, ...version } }: SocketOptions = {}): WebSocket {
    return new WebSocket(`${this.url}${route}`.replace(/^http/, 'ws'), protocols, {
      headers,
      handshakeTimeout: 20_000,
      perMessageDeflate: false,
      skipUTF8Validation: false,
      followRedirects: false,
    })
  }

  /** The status and body with which an upgrade is refused. */
  async refusedUpgrade(route: string, protocols: string[] = []): Promise<{ status: number; text: string }> {
    const socket = this.webSocket(route, { protocols })
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    let text = ''
    for await (const chunk of response) text += chunk
    return { status: response.statusCode ?? 0, text }
  }

  /** The command lines of what runs inside, arguments with spaces between them. */
  async processes(): Promise<string[]> {
    const { result } = await this.execute(
      "for file in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $file; echo; done 2> /dev/null",
    )
    return result.split('\n').map((line) => line.trim())
  }

  /** A token that opens the toolbox without the key. */
  async previewToken(): Promise<string> {
    const answer = await api('GET', `/sandbox/${this.id}/ports/1/preview-url`)
    expect(answer.status).toBe(200)
    return answer.json<{ token: string }>().token
  }

  async remove(): Promise<void> {
    await api('DELETE', `/sandbox/${this.id}`)
  }
}

/** A sandbox that runs. */
export async function createSandbox(request: CreateSandboxRequest = {}): Promise<Sandbox> {
  const { target } = deployment
  const body = { env: {}, labels: { 'code-toolbox-language': 'python' }, ...(target ? { target } : {}), ...request }
  const answer = await api('POST', '/sandbox', body)
  if (answer.status >= 300) throw new Error(`create answered ${answer.status}: ${answer.text}`)
  const { id } = answer.json<SandboxDto>()
  return await eventually(
    'the sandbox runs',
    async () => {
      const dto = (await api('GET', `/sandbox/${id}`)).json<SandboxDto>()
      return dto.state === 'started' ? new Sandbox(dto) : null
    },
    60_000,
  )
}
