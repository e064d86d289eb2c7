import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { sandboxFolder } from '../../isolation/sandbox-folder'
import { DiskReader } from './disk-reader'
import { newRecord } from './sandbox-record'

const cleanups: Array<() => void> = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** A reader that unloads immediately, behind an HTTP server. */
async function serve(handler: (reader: DiskReader, request: IncomingMessage, response: ServerResponse) => void) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-disk-reader-'))
  mkdirSync(sandboxFolder(folder).state)
  const report = () => ({ kind: 'none' as const, network: 'shared' as const, warnings: [] })
  const record = newRecord(crypto.randomUUID(), {})
  const reader = new DiskReader(record, sandboxFolder(folder), report, () => null, 0)
  const server = createServer((request, response) => handler(reader, request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })
  return { reader, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('unloads after its last use and loads again on demand', async () => {
  const { reader, url } = await serve((it, request, response) => void it.handle(request, response, request.url ?? ''))
  expect(reader.isLoaded).toBe(false)
  for (let i = 0; i < 2; i += 1) {
    expect(await (await fetch(`${url}/process/session`)).json()).toEqual([])
    await expect.poll(() => reader.isLoaded).toBe(false)
  }
})

test('does not load twice while a response is in progress', async () => {
  const held: Array<() => void> = []
  const { reader, url } = await serve((it, request, response) => {
    // Delay the response, as a slow client would.
    const end = response.end.bind(response)
    response.end = ((...args: Parameters<typeof end>) => {
      if (request.url === '/process/session') held.push(() => end(...args))
      else end(...args)
      return response
    }) as typeof response.end
    void it.handle(request, response, request.url ?? '')
  })
  const slow = fetch(`${url}/process/session`)
  await expect.poll(() => held.length).toBe(1)
  await (await fetch(`${url}/process/run`)).json()
  // The unload timer of an unused reader would have fired by the second response.
  await (await fetch(`${url}/process/run`)).json()
  expect(reader.isLoaded).toBe(true)
  held[0]?.()
  await (await slow).json()
  await expect.poll(() => reader.isLoaded).toBe(false)
})
