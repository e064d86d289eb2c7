import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { acceptHeartbeat } from '../../toolbox/internal/heartbeat'
import { ToolboxLink } from './toolbox-link'

const cleanups: Array<() => void> = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

/** A link to a server that misbehaves. */
async function linkTo(
  handler: RequestListener,
  upgrade?: (request: IncomingMessage, socket: Duplex) => void,
): Promise<ToolboxLink> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-link-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  const server = createServer(handler).listen(path.join(folder, 'toolbox.sock'))
  if (upgrade) server.on('upgrade', upgrade)
  await once(server, 'listening')
  const link = new ToolboxLink(folder)
  cleanups.push(() => {
    link.close()
    server.close()
    server.closeAllConnections()
  })
  return link
}

test('reads a response up to the limit and aborts a longer one', async () => {
  let closed = false
  const link = await linkTo((request, response) => {
    if (request.url === '/short') return response.end(JSON.stringify('x'.repeat(98)))
    response.on('close', () => {
      closed = true
    })
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(10_000))) {}
    }
    response.on('drain', more)
    more()
  })
  expect(await link.call('GET', '/short', undefined, 20_000, 100)).toBe('x'.repeat(98))
  await expect(link.call('GET', '/short', undefined, 20_000, 99)).rejects.toThrow(
    'GET /short returned more than 99 bytes',
  )
  await expect(link.call('GET', '/endless', undefined, 20_000)).rejects.toThrow(
    'GET /endless returned more than 1048576 bytes',
  )
  await expect.poll(() => closed).toBe(true)
})

test('yields lines one by one and fails at one that is too long', async () => {
  const link = await linkTo((request, response) => {
    response.write('one\ntw')
    response.end(request.url === '/good' ? 'o\n\nthree\n' : `o\n${'x'.repeat(101)}`)
  })
  const { signal } = new AbortController()
  const read = async (url: string) => {
    const lines: string[] = []
    for await (const line of link.lines(url, signal, 100)) lines.push(line)
    return lines
  }
  expect(await read('/good')).toEqual(['one', 'two', '', 'three'])
  await expect(read('/long')).rejects.toThrow('GET /long returned a line of more than 100 bytes')
})

test('does not yield the body of an error response as lines', async () => {
  const link = await linkTo((_request, response) => response.writeHead(404).end('one\n'))
  const lines = link.lines('/missing', new AbortController().signal, 100)
  await expect(lines.next()).rejects.toThrow('GET /missing returned status 404')
})

test('pings over one connection, and by requests to a toolbox that does not know it', async () => {
  const urls: (string | undefined)[] = []
  const old = await linkTo((request, response) => {
    urls.push(request.url)
    response.writeHead(request.url === '/version' ? 200 : 404).end('{}')
  })
  await old.ping(20_000)
  await old.ping(20_000)
  expect(urls).toEqual(['/internal/heartbeat', '/version', '/version'])

  let upgrades = 0
  let isSilent = false
  const link = await linkTo(
    () => {},
    (request, socket) => {
      upgrades += 1
      if (isSilent)
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: heartbeat\r\n\r\n')
      else acceptHeartbeat(request, socket)
    },
  )
  await link.ping(20_000)
  await link.ping(20_000)
  expect(upgrades).toBe(1)
  link.close()
  isSilent = true
  await expect(link.ping(50)).rejects.toThrow('did not respond to a ping')
  isSilent = false
  await link.ping(20_000)
  expect(upgrades).toBe(3)
})
