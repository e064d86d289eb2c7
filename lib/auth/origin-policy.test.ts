import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { consoleOrigins, linkOrigins } from './origin-policy'

const plain = consoleOrigins({ host: '127.0.0.1', port: 3000, allowedHosts: [] })
const proxied = consoleOrigins({
  host: '127.0.0.1',
  port: 3000,
  allowedHosts: ['sandglass.example', 'box:8080', 'http://plain.example', 'https://other.example:8443'],
})

describe('knowsHost', () => {
  it.each(['127.0.0.1:3000', 'localhost:3000', 'LOCALHOST:3000', '[::1]:3000'])('accepts %s', (host) => {
    expect(plain.knowsHost(host)).toBe(true)
  })
  it.each([
    undefined,
    '',
    'localhost',
    'localhost:3001',
    'evil.example',
    'evil.example:3000',
    '127.0.0.1:3000.evil.example',
    'localhost:3000@evil.example',
    'localhost:3000/',
  ])('refuses %j', (host) => {
    expect(plain.knowsHost(host)).toBe(false)
  })
  it.each([
    ['sandglass.example', true],
    ['sandglass.example:443', true],
    ['sandglass.example:3000', true],
    ['sandglass.example:80', false],
    ['sandglass.example:8000', false],
    ['sandglass.example.evil', false],
    ['a.sandglass.example', false],
    ['box:8080', true],
    ['box:80', false],
    ['box', false],
    ['plain.example', true],
    ['plain.example:80', true],
    ['plain.example:3000', false],
    ['other.example:8443', true],
    ['other.example', false],
  ])('with allowed hosts, %s: %s', (host, known) => {
    expect(proxied.knowsHost(host)).toBe(known)
  })
  it('accepts HOST, and names without a port if the port is 80', () => {
    expect(consoleOrigins({ host: '10.0.0.7', port: 3000, allowedHosts: [] }).knowsHost('10.0.0.7:3000')).toBe(true)
    expect(consoleOrigins({ host: 'fe80::1', port: 80, allowedHosts: [] }).knowsHost('[fe80::1]')).toBe(true)
  })
})

describe('accepts', () => {
  it.each([
    ['http://localhost:3000', 'localhost:3000'],
    ['https://sandglass.example', 'sandglass.example'],
    ['https://sandglass.example', 'sandglass.example:443'],
    ['http://sandglass.example:3000', 'sandglass.example:3000'],
    ['https://box:8080', 'box:8080'],
    ['http://box:8080', 'box:8080'],
    // A reverse proxy may set Host to the console's own address.
    ['https://sandglass.example', '127.0.0.1:3000'],
  ])('accepts a page of %s at %s', (origin, host) => {
    expect(proxied.accepts(origin, host)).toBe(true)
  })

  it.each([
    'http://localhost:5173',
    'http://127.0.0.1:3000',
    'http://evil.example',
    'https://localhost:3000',
    'https://localhost:3000.evil.example',
    'http://localhost',
    'null',
    '',
    'chrome-extension://abc',
    'file://',
    'http://localhost:3000@evil.example',
    'http://localhost:3000/',
    'http://localhost:3000, http://localhost:3000',
  ])('refuses a page of %j at localhost:3000', (origin) => {
    expect(plain.accepts(origin, 'localhost:3000')).toBe(false)
    expect(proxied.accepts(origin, 'localhost:3000')).toBe(false)
  })

  it.each([
    // A sandbox may serve pages on other ports, schemes and siblings of an allowed name.
    ['http://sandglass.example:8000', 'sandglass.example'],
    ['http://sandglass.example:8000', '127.0.0.1:3000'],
    ['https://sandglass.example:8443', 'sandglass.example'],
    ['http://sandglass.example', 'sandglass.example'],
    ['https://sandglass.example:3000', 'sandglass.example:3000'],
    ['https://8000.sandglass.example', 'sandglass.example'],
    ['http://box', 'box:8080'],
    ['https://plain.example', 'plain.example'],
    ['https://other.example', 'other.example:8443'],
    // Two names of the console are two origins.
    ['https://sandglass.example', 'box:8080'],
    ['http://localhost:3000', 'sandglass.example'],
  ])('refuses a page of %s at %s', (origin, host) => {
    expect(proxied.accepts(origin, host)).toBe(false)
  })
})

/** The first IPv4 address of this machine in a network, if it has one. */
const ownAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

describe('linkOrigins', () => {
  it.each([
    ['127.0.0.1', [], []],
    ['192.168.1.5', [], []],
    ['127.0.0.1', ['https://sandglass.example'], ['https://sandglass.example']],
    ['127.0.0.1', ['sandglass.example'], ['https://sandglass.example']],
    ['0.0.0.0', ['box.example'], ['http://box.example:3000']],
    ['0.0.0.0', ['https://sandglass.example', 'box.example'], ['https://sandglass.example']],
    ['127.0.0.1', ['127.0.0.1:8080', 'sandglass.example'], ['https://sandglass.example']],
    ['127.0.0.1', ['localhost:8080'], []],
  ])('HOST=%s with %j: %j', (host, allowedHosts, expected) => {
    expect(linkOrigins({ host, port: 3000, allowedHosts })).toEqual(expected)
  })

  it.runIf(ownAddress !== undefined)(
    'an open HOST without names leads to this machine and to its address in the network',
    () => {
      const settings = { host: '0.0.0.0', port: 3000, allowedHosts: [] }
      expect(linkOrigins(settings)).toEqual(['http://127.0.0.1:3000', `http://${ownAddress}:3000`])
      expect(consoleOrigins(settings).knowsHost(`${ownAddress}:3000`)).toBe(true)
      expect(consoleOrigins({ ...settings, host: '127.0.0.1' }).knowsHost(`${ownAddress}:3000`)).toBe(false)
    },
  )
})
