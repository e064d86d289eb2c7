import { describe, expect, test } from 'vitest'
import { EngineHosts } from './host-check'

const id = '11111111-2222-4333-8444-555555555555'
const hosts = new EngineHosts({
  port: 3986,
  consoleHost: '0.0.0.0',
  allowed: ['engine.example.com', '192.168.1.5:3000', 'http://plain.example.com'],
  previews: ['preview.example.net', 'https://other.example.org:8443'],
  apiOrigins: ['https://app.example.com', 'http://localhost:5173'],
})

describe('a Host', () => {
  test.each([
    ['localhost'],
    ['LOCALHOST:3986'],
    ['127.0.0.1:3986'],
    ['[::1]:3986'],
    ['console.localhost'],
    ['engine.example.com'],
    ['engine.example.com:8443'],
    ['preview.example.net'],
    ['192.168.1.5'],
    [`0-${id}.localhost`],
    [`65536-${id}.localhost`],
  ])('%s is the engine', (host) => expect(hosts.requireKnown(host)).toBeNull())

  test.each([
    [`3000-${id}.localhost:3986`, 3000],
    [`3000-${id.toUpperCase()}.LocalHost`, 3000],
    [`2280-${id}.preview.example.net`, 2280],
  ])('%s is a preview of port %i', (host, port) => {
    expect(hosts.requireKnown(host)).toEqual({ port, label: id })
  })

  test.each([
    [undefined],
    [''],
    ['evil.example'],
    ['localhost:99999'],
    ['localhost:'],
    [`3000-${id}.evil.example`],
    [`3000-${id}.example.net`],
    // A name of the console or the engine is not a preview domain.
    [`3000-${id}.engine.example.com`],
    [`3000-${id}.a.preview.example.net`],
    [`3000-${id}.localhost.evil.example`],
    ['x.preview.example.net'],
    [`3000-${id}.localhost.`],
  ])('%s is not ours', (host) => {
    expect(() => hosts.requireKnown(host)).toThrow(/does not belong to this engine/)
  })
})

test.each([
  ['http://127.0.0.1:3986', 'http://x.localhost:3986'],
  ['http://localhost', 'http://x.localhost'],
  ['http://[::1]', 'http://x.localhost'],
  ['http://console.localhost:3986', 'http://x.localhost:3986'],
  ['https://preview.example.net', 'https://x.preview.example.net'],
  ['https://preview.example.net:8443', 'https://x.preview.example.net:8443'],
  ['https://engine.example.com', 'https://x.preview.example.net'],
  ['http://192.168.1.5:3986', 'https://x.preview.example.net'],
])('an engine reached at %s has its previews at %s', (own, preview) => {
  expect(hosts.previewOrigin(own, 'x')).toBe(preview)
})

test('without a preview domain, names and addresses have no previews', () => {
  const bare = new EngineHosts({ port: 3986, allowed: ['engine.example.com'], previews: [], apiOrigins: [] })
  for (const own of ['https://engine.example.com', 'http://192.168.1.5:3986']) {
    expect(bare.previewOrigin(own, 'x')).toBeNull()
  }
})

test.each([
  ['localhost:3986', undefined, 'http'],
  ['localhost:3986', 'https', 'https'],
  ['engine.example.com', undefined, 'https'],
  ['engine.example.com:3986', undefined, 'http'],
  ['plain.example.com', undefined, 'http'],
  ['preview.example.net', undefined, 'https'],
  [`8000-${id}.preview.example.net`, undefined, 'https'],
  [`8000-${id}.preview.example.net`, 'http', 'http'],
  [`8000-${id}.other.example.org:8443`, undefined, 'https'],
  [`8000-${id}.localhost:3986`, undefined, 'http'],
])('%s, with %s from a trusted proxy, is served over %s', (host, said, scheme) => {
  expect(hosts.schemeOf(host, said)).toBe(scheme)
})

test('distinguishes its own origins from all others', () => {
  expect(hosts.acceptsOrigin('http://127.0.0.1:3986', 'http://127.0.0.1:3986')).toBe(true)
  expect(hosts.acceptsOrigin('https://engine.example.com', 'http://127.0.0.1:3986')).toBe(true)
  for (const origin of [
    'http://127.0.0.1:3000',
    'http://localhost:3986',
    'https://127.0.0.1:3986',
    'https://engine.example.com:8443',
    'http://engine.example.com',
    `http://8000-${id}.localhost:3986`,
    'null',
  ]) {
    expect(hosts.acceptsOrigin(origin, 'http://127.0.0.1:3986')).toBe(false)
  }
  expect(hosts.isApiOrigin('https://app.example.com')).toBe(true)
  for (const origin of ['http://app.example.com', 'https://app.example.com:8443', 'http://localhost:5174', 'null']) {
    expect(hosts.isApiOrigin(origin)).toBe(false)
  }
})

test('distinguishes origins of the same sandbox from all others, on any port', () => {
  const preview = { port: 3000, label: id }
  const own = `http://3000-${id}.localhost:3986`
  expect(hosts.isSameSandbox(`http://8000-${id}.localhost:3986`, own, preview)).toBe(true)
  for (const origin of [
    'http://localhost:3986',
    `http://8000-${id.replace('1', '2')}.localhost:3986`,
    `http://8000-${id}.localhost:3000`,
    `https://8000-${id}.localhost:3986`,
    `http://8000-${id}.preview.example.net`,
    'null',
    'x',
  ]) {
    expect(hosts.isSameSandbox(origin, own, preview)).toBe(false)
  }
})
