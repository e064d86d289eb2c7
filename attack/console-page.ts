/** A console as a signed-in browser uses it, and requests that no browser would send. */
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { launchProduct, type Product } from '../e2e/support/product'
import { type RawResponse, sendRawRequest } from '../e2e/support/raw-http'
import type { SandboxDto } from '../lib/process-api/sandbox'

export interface AttackedConsole {
  readonly product: Product
  readonly url: string
  readonly port: number
  readonly cookie: string
  readonly sandboxId: string
  /** A request with the key to the engine behind it. */
  engine(method: string, route: string, body?: unknown): Promise<{ status: number; text: string }>
  /** The id of a server action, as pages use it. */
  actionId(name: string): Promise<string>
  /** Call a server action like a page does, with other headers. */
  act(id: string, input: object, headers: Record<string, string>): Promise<RawResponse>
  close(): Promise<void>
}

export async function openConsole(env: Record<string, string>): Promise<AttackedConsole> {
  const product = await launchProduct({ env })
  try {
    const { consoleUrl, signInUrl, apiUrl, apiKey } = await product.connection()
    const engine: AttackedConsole['engine'] = async (method, route, body) => {
      const base = route.startsWith('/toolbox') ? apiUrl.replace(/\/api$/, '') : apiUrl
      const response = await fetch(base + route, {
        method,
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
      })
      return { status: response.status, text: await response.text() }
    }
    const signIn = new URL(signInUrl)
    const signedIn = await sendRawRequest(consoleUrl, signIn.pathname + signIn.search, {
      headers: { host: signIn.host },
    })
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? ''
    const created = await engine('POST', '/sandbox', { labels: { 'code-toolbox-language': 'python' } })
    const { id: sandboxId }: SandboxDto = JSON.parse(created.text)
    const { host, port } = new URL(consoleUrl)
    const pagePath = `/sandboxes/${sandboxId}/sessions`
    return {
      product,
      url: consoleUrl,
      port: Number(port),
      cookie,
      sandboxId,
      engine,
      async actionId(name) {
        // Scripts are public, so it does not matter which page loads them.
        const folder = path.join(import.meta.dirname, '..', '.next', 'static', 'chunks')
        for (const script of (await readdir(folder)).filter((file) => file.endsWith('.js'))) {
          const { text } = await sendRawRequest(consoleUrl, `/_next/static/chunks/${script}`, { headers: { host } })
          const found = new RegExp(`"([0-9a-f]{40,42})"[^"]{0,120}"${name}"`).exec(text)
          if (found?.[1]) return found[1]
        }
        throw new Error(`no script calls the action ${name}`)
      },
      act: (id, input, headers) =>
        sendRawRequest(consoleUrl, pagePath, {
          method: 'POST',
          headers: { host, cookie, 'next-action': id, 'content-type': 'text/plain;charset=UTF-8', ...headers },
          body: JSON.stringify([{ target: 'local', sandboxId, ...input }]),
        }),
      async close() {
        await engine('DELETE', `/sandbox/${sandboxId}`)
        await product.stop()
        await product.remove()
      },
    }
  } catch (error) {
    await product.stop()
    await product.remove()
    throw error
  }
}

/** Open `/live` with these headers, request a log, and collect what arrives. */
export async function listenLive(
  { port, cookie, sandboxId }: AttackedConsole,
  headers: Record<string, string>,
  command: { sessionId: string; commandId: string },
): Promise<{ opened: boolean; heard: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers: { cookie, ...headers } })
  let opened = false
  let heard = ''
  const closed = new Promise<void>((resolve) => {
    socket.on('open', () => {
      opened = true
      const ref = { kind: 'command', sandboxId, ...command }
      socket.send(JSON.stringify({ t: 'open', ch: 1, target: 'local', ref, from: 0, credit: 100_000 }))
    })
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      heard += data.toString('latin1')
      if (isBinary) resolve()
    })
    socket.on('close', () => resolve())
    socket.on('error', () => resolve())
  })
  await Promise.race([closed, delay(5_000)])
  socket.terminate()
  return { opened, heard }
}
