import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { dialAddresses } from './listeners'
import { type ListeningSocket, listeningSockets, parseSocketTable } from './socket-table'

const on = (...addresses: string[]): ListeningSocket[] =>
  addresses.map((address, index) => ({ port: 3000, address, inode: String(index) }))

describe('where a listener is reached', () => {
  test.each<[string, string[], string[], string[]]>([
    ['everywhere by IPv4', ['0.0.0.0'], [], ['127.0.0.1']],
    ['the loopback', ['127.0.0.1'], [], ['127.0.0.1']],
    ['the loopback of IPv6', ['::1'], [], ['::1']],
    ['everywhere', ['::'], [], ['127.0.0.1', '::1']],
    ['one address', ['10.0.2.100'], [], ['10.0.2.100']],
    ['everywhere by IPv6, beside a foreign socket on IPv4', ['::'], ['0.0.0.0'], ['::1']],
    ['everywhere by IPv6, beside a foreign socket on the loopback', ['::'], ['127.0.0.1'], ['::1']],
    ['nowhere', [], ['127.0.0.1'], []],
  ])('%s', (_what, own, foreign, addresses) => {
    expect(dialAddresses(on(...own), on(...foreign))).toEqual(addresses)
  })
})

test('parses the listening sockets of IPv4, IPv6 and IPv4 in IPv6, and no others', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
  const rest = '00000000:00000000 00:00000000 00000000     0        0'
  const table = [
    head,
    `   0: 0100007F:0BB8 00000000:0000 0A ${rest} 11 1 0 100 0 0 10 0`,
    `   1: 00000000:1F90 00000000:0000 0A ${rest} 12 1 0 100 0 0 10 0`,
    `   2: 0100007F:0BB8 0100007F:D2F0 01 ${rest} 13 1 0 100 0 0 10 0`,
    `   3: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A ${rest} 14 1`,
    `   4: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A ${rest} 15 1`,
    `   5: 0000000000000000FFFF00000100007F:0052 00000000000000000000000000000000:0000 0A ${rest} 16 1`,
    '',
  ].join('\n')
  expect(parseSocketTable(table)).toEqual([
    { port: 3000, address: '127.0.0.1', inode: '11' },
    { port: 8080, address: '0.0.0.0', inode: '12' },
    { port: 80, address: '::', inode: '14' },
    { port: 81, address: '::1', inode: '15' },
    { port: 82, address: '127.0.0.1', inode: '16' },
  ])
})

test('finds a real listener exactly while it listens', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const find = async () => (await listeningSockets()).filter((socket) => socket.port === port)
  expect(await find()).toMatchObject([{ port, address: '127.0.0.1' }])
  server.close()
  await once(server, 'close')
  expect(await find()).toEqual([])
})

test('requests during a read share the next one', async () => {
  const first = listeningSockets()
  const [second, third] = [listeningSockets(), listeningSockets()]
  expect(second).not.toBe(first)
  expect(third).toBe(second)
  await Promise.all([first, third])
})
