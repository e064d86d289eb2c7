import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, it } from 'vitest'
import { forwardingHeaders, TrustedProxies } from './trusted-proxies'

/** The remaining headers, and the client's address. */
function apply(setting: string | undefined, peer: string, headers: IncomingHttpHeaders) {
  const sent: IncomingHttpHeaders = { host: 'console:3000', ...headers }
  const request = { headers: sent, socket: { remoteAddress: peer } }
  const address = new TrustedProxies(setting).apply(request)
  return { address, headers: request.headers }
}

const lies: IncomingHttpHeaders = Object.fromEntries(forwardingHeaders.map((name) => [name, '6.6.6.6']))

describe('an untrusted peer', () => {
  it.each([
    ['127.0.0.1', undefined],
    ['::1', undefined],
    ['::ffff:127.0.0.1', ''],
    ['10.0.0.1', '10.0.0.2'],
    ['192.168.1.1', '10.0.0.0/8, fd00::/8'],
  ])('at %s is ignored, with %j trusted', (peer, setting) => {
    expect(apply(setting, peer, lies)).toEqual({
      address: peer.replace('::ffff:', ''),
      headers: { host: 'console:3000' },
    })
  })
})

describe('a trusted proxy', () => {
  const said = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'Sandglass.Example',
  }

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.0/8'],
    ['fd00::5', 'fd00::/8'],
  ])('at %s is trusted', (peer, setting) => {
    expect(apply(setting, peer, said)).toEqual({
      address: '203.0.113.9',
      headers: { host: 'sandglass.example', 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' },
    })
  })

  it('is trusted for its own entries, not for those that the client sent', () => {
    const { address, headers } = apply('10.0.0.0/8', '10.0.0.1', {
      'x-forwarded-for': '1.1.1.1, 203.0.113.9, 10.0.0.2',
      'x-forwarded-proto': 'https, http',
      'x-forwarded-host': 'evil.example, sandglass.example',
      'x-real-ip': '1.1.1.1',
      forwarded: 'for=1.1.1.1;host=evil.example',
    })
    expect([address, headers.host, headers['x-forwarded-proto']]).toEqual(['203.0.113.9', 'sandglass.example', 'https'])
    expect(headers['x-forwarded-for']).toBe('203.0.113.9, 10.0.0.2')
    expect(headers).not.toHaveProperty('forwarded')
    expect(headers).not.toHaveProperty('x-real-ip')
  })

  it('may use the standard header', () => {
    const forwarded = 'for=1.1.1.1;proto=http, for="[2001:db8::7]:4711";proto=https;host="sandglass.example"'
    expect(apply('127.0.0.1', '127.0.0.1', { forwarded })).toEqual({
      address: '2001:db8::7',
      headers: { host: 'sandglass.example', 'x-forwarded-proto': 'https', 'x-forwarded-for': '2001:db8::7' },
    })
  })

  it('without valid forwarding headers leaves the request unchanged', () => {
    expect(apply('127.0.0.1', '127.0.0.1', {})).toEqual({ address: '127.0.0.1', headers: { host: 'console:3000' } })
    const nonsense = { 'x-forwarded-for': 'unknown, _hidden', 'x-forwarded-proto': 'ftp' }
    expect(apply('127.0.0.1', '127.0.0.1', nonsense)).toEqual({
      address: '127.0.0.1',
      headers: { host: 'console:3000' },
    })
  })
})

it.each(['localhost', '10.0.0.0/33', '10.0.0.0/', '::1/129', '10.0.0.0/8/8', '10.0.0'])(
  '%j is not a proxy',
  (setting) => {
    expect(() => new TrustedProxies(setting)).toThrow(RangeError)
  },
)
