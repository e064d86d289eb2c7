/** Clients that offer HTTP/2 over clear text with a request, as Java's HTTP client and `curl --http2` do. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EngineFixture, startEngine } from './engine-fixture'

let engine: EngineFixture
let sandboxId = ''
beforeAll(async () => {
  engine = await startEngine()
  sandboxId = (await engine.createSandbox()).id
})
afterAll(() => engine.stop())

async function send(url: string, method: string, body?: unknown): Promise<[number | undefined, string]> {
  const outgoing = request(url, {
    method,
    headers: {
      authorization: `Bearer ${engine.apiKey}`,
      'content-type': 'application/json',
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
    },
  })
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  return [response.statusCode, await text(response)]
}

test('are served over HTTP/1.1, with their bodies', async () => {
  const origin = new URL(engine.toolboxUrl).origin
  const [status, sandbox] = await send(`${origin}/api/sandbox/${sandboxId}`, 'GET')
  expect([status, JSON.parse(sandbox)]).toEqual([200, expect.objectContaining({ id: sandboxId })])
  const command = `echo ${'x'.repeat(100_000)} | wc -c`
  const [ran, result] = await send(`${engine.toolboxUrl}/${sandboxId}/process/execute`, 'POST', { command })
  expect([ran, JSON.parse(result)]).toEqual([200, expect.objectContaining({ exitCode: 0, result: '100001\n' })])
})

test('are refused like any other client without a key', async () => {
  const outgoing = request(`${engine.toolboxUrl}/${sandboxId}/process/session`, {
    headers: { connection: 'Upgrade', upgrade: 'h2c' },
  }).end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(401)
})
