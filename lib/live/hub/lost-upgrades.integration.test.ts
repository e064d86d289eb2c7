import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LostUpgrades, upgradeRequired } from './lost-upgrades'

let server: Server
let address: string

beforeEach(async () => {
  const lost = new LostUpgrades()
  server = createServer((request, response) => {
    const session = String(request.headers['x-session'])
    if (!lost.respond(request, response, request.url ?? '', session)) response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => server.close())

const send = (path: string, method: string, session: string, headers = {}) =>
  fetch(`${address}${path}`, { method, headers: { 'x-session': session, ...headers } })

test('a WebSocket request without its upgrade headers gets 426, and its session can ask why', async () => {
  expect((await send('/api/live', 'POST', 'one')).status).toBe(204)
  const refused = await send('/live', 'GET', 'one', { 'sec-websocket-key': 'x' })
  expect([refused.status, refused.headers.get('upgrade')]).toEqual([426, 'websocket'])
  const asked = await send('/api/live', 'POST', 'one')
  expect([asked.status, await asked.json()]).toEqual([
    426,
    { error: { code: 'UPGRADE_REQUIRED', message: upgradeRequired } },
  ])
  expect((await send('/api/live', 'POST', 'two')).status).toBe(204)
})

test('a person who opens the address gets 426, which says nothing about a proxy', async () => {
  expect((await send('/live', 'GET', 'one')).status).toBe(426)
  expect((await send('/api/live', 'POST', 'one')).status).toBe(204)
})

test('other requests are left alone', async () => {
  expect((await send('/api/live', 'GET', 'one')).status).toBe(404)
  expect((await send('/', 'GET', 'one')).status).toBe(404)
})
