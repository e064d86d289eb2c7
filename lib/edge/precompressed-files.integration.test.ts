import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PrecompressedFiles } from './precompressed-files'

const folder = mkdtempSync(path.join(os.tmpdir(), 'precompressed-'))
const script = 'console.log("a script")'
const server = createServer()

beforeAll(async () => {
  mkdirSync(path.join(folder, 'chunks'))
  writeFileSync(path.join(folder, 'chunks', 'a.js'), script)
  writeFileSync(path.join(folder, 'chunks', 'a.js.br'), brotliCompressSync(script))
  const files = new PrecompressedFiles(folder)
  server.on('request', async (incoming, response) => {
    if (!(await files.respond(incoming, response))) response.writeHead(404).end('next')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

async function get(target: string, encoding: string | undefined, method = 'GET') {
  const headers = encoding === undefined ? {} : { 'accept-encoding': encoding }
  const outgoing = request({ port: (server.address() as AddressInfo).port, path: target, method, headers })
  outgoing.end()
  const [response] = await once(outgoing, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }
}

it('serves the compressed file to clients that accept Brotli', async () => {
  const { status, headers, body } = await get('/_next/static/chunks/a.js?dpl=1', 'gzip, deflate, br, zstd')
  expect(status).toBe(200)
  expect(headers).toMatchObject({
    'content-encoding': 'br',
    'content-type': 'application/javascript; charset=UTF-8',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  })
  expect(brotliDecompressSync(body).toString()).toBe(script)
  expect((await get('/_next/static/chunks/a.js', 'br', 'HEAD')).body).toHaveLength(0)
})

it.each([undefined, 'gzip', 'br;q=0', 'gzip, br;q=0.0', 'brotli'])('leaves the rest to Next: %s', async (encoding) => {
  expect((await get('/_next/static/chunks/a.js', encoding)).status).toBe(404)
})

it('serves no other path', async () => {
  for (const target of ['/_next/static/chunks/a.js.br', '/_next/static/chunks/../chunks/a.js.br', '/chunks/a.js']) {
    expect((await get(target, 'br')).status).toBe(404)
  }
  expect((await get('/_next/static/chunks/a.js', 'br', 'POST')).status).toBe(404)
})
