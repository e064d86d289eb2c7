/** Downloads of large files through the proxy: every byte, ranges, slow and vanished readers, a toolbox that dies. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EngineFixture, startEngine } from './engine-fixture'
import { toolboxOf } from './host-processes'
import { eventually } from './toolbox-fixture'

const bytes = 40_000_003

let engine: EngineFixture
let id: string
let digest: string
beforeAll(async () => {
  engine = await startEngine({ isolation: 'none' })
  id = (await engine.createSandbox()).id
  const command = `head -c ${bytes} /dev/urandom > large; printf 0123456789 > small; : > empty; sha256sum < large`
  const { result } = (await engine.toolbox(id, 'POST', '/process/execute', { command })).json<{ result: string }>()
  digest = result.split(' ')[0] ?? ''
})
afterAll(() => engine.stop())

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
afterAll(() => agent.destroy())

const download = (file: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const url = `${engine.toolboxUrl}/${id}/files/download?path=${file}`
    httpRequest(url, { method, agent, headers: { authorization: `Bearer ${engine.apiKey}`, ...headers } }, resolve)
      .on('error', reject)
      .end()
  })

async function read(response: IncomingMessage) {
  const hash = createHash('sha256')
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    hash.update(chunk)
    length += chunk.length
    if (length < 1000) chunks.push(chunk)
  }
  return { status: response.statusCode, length, digest: hash.digest('hex'), text: Buffer.concat(chunks).toString() }
}

/** A connection with this many requests for a file sent at once, none of whose responses is read. */
async function ask(file: string, count = 1): Promise<Socket> {
  const socket = connect(engine.port, '127.0.0.1')
  socket.on('error', () => {})
  const path = `${new URL(engine.toolboxUrl).pathname}/${id}/files/download?path=${file}`
  const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${engine.port}\r\nAuthorization: Bearer ${engine.apiKey}\r\n\r\n`
  socket.write(head.repeat(count))
  await once(socket, 'readable')
  return socket
}

const descriptors = () => readdirSync(`/proc/${engine.pid}/fd`).length
const residentBytes = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${engine.pid}/status`, 'utf8'))?.[1]) * 1024

test('every byte arrives, and the connection serves the next requests', async () => {
  const first = await download('large')
  expect(first.headers['content-length']).toBe(String(bytes))
  const { socket } = first
  expect(await read(first)).toMatchObject({ status: 200, length: bytes, digest })
  for (const [file, text] of [
    ['empty', ''],
    ['small', '0123456789'],
  ] as const) {
    const next = await download(file)
    expect(next.socket).toBe(socket)
    expect(await read(next)).toMatchObject({ status: 200, text })
  }
  const last = await download('large', { expect: '100-continue' })
  expect(await read(last)).toMatchObject({ status: 200, digest })
})

test('ranges, heads and errors are those of the toolbox', async () => {
  const part = await download('large', { range: 'bytes=20000000-39999999' })
  expect(part.headers['content-range']).toBe(`bytes 20000000-39999999/${bytes}`)
  expect(await read(part)).toMatchObject({ status: 206, length: 20_000_000 })
  expect(await read(await download('small', { range: 'bytes=2-4' }))).toMatchObject({ status: 206, text: '234' })
  expect(await read(await download('small', { range: 'bytes=90-' }))).toMatchObject({ status: 416, length: 0 })
  const head = await download('large', {}, 'HEAD')
  expect([head.headers['content-length'], (await read(head)).length]).toEqual([String(bytes), 0])
  const missing = await download('none')
  expect(await read(missing)).toMatchObject({ status: 404, text: expect.stringContaining('FILE_NOT_FOUND') })
})

test('requests that are sent before the response are answered in order', async () => {
  const socket = await ask('small', 5)
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
  })
  await eventually('five responses', () => text.split('HTTP/1.1 200 OK').length === 6 && text.endsWith('0123456789'))
  expect(text.match(/\r\n\r\n0123456789/g)).toHaveLength(5)
  socket.destroy()
})

test('readers that stop take little memory, get the rest later, and leave nothing behind when they vanish', async () => {
  await read(await download('large'))
  const before = { descriptors: descriptors(), resident: residentBytes() }
  const sockets = await Promise.all(Array.from({ length: 12 }, () => ask('large')))
  const slow = await download('large')
  slow.pause()
  expect(residentBytes() - before.resident).toBeLessThan(12 * 8 * 1024 ** 2)
  expect(await read(slow)).toMatchObject({ length: bytes, digest })
  for (const socket of sockets) socket.destroy()
  await eventually('the descriptors are closed', () => descriptors() <= before.descriptors + 2)
  expect(await read(await download('small'))).toMatchObject({ text: '0123456789' })
})

test('a response is cut visibly when the toolbox dies, and the next download works', async () => {
  const response = await download('large')
  await once(response, 'readable')
  process.kill(toolboxOf(id), 'SIGKILL')
  await expect(read(response)).rejects.toThrow('aborted')
  expect(await read(await download('small'))).toMatchObject({ status: 200, text: '0123456789' })
})
