import { describe, expect, test } from 'vitest'
import { portHeaders, withoutToken } from './port-headers'

const request = { headers: { host: '3000-box.localhost:3986' }, socket: { remoteAddress: '127.0.0.1' } }
const options = { request, apiKey: 'key', port: 3000, prefix: '', ownHost: true, sharedPages: false }
const rules = portHeaders(options)
/** The header added to every response under a shared host name. */
const confined = ['Content-Security-Policy', 'sandbox']
const shared = portHeaders({ ...options, prefix: '/toolbox/id/proxy/3000', ownHost: false })

describe('a program receives', () => {
  test('none of our credentials, wherever they are', () => {
    const raw = [
      ...['Authorization', 'Bearer key', 'X-Daytona-Preview-Token', 't', 'Cookie', 'daytona-sandbox-auth-box=1; a=b'],
      ...['Referer', 'http://x/?DAYTONA_SANDBOX_AUTH_KEY=t&a=b', 'X-Daytona-Skip-Preview-Warning', 'true'],
    ]
    expect(rules.toToolbox(raw, false)).toEqual([
      ['Cookie', 'a=b'],
      ['Referer', 'http://x/?a=b'],
      ['Host', '3000-box.localhost:3986'],
      ['X-Forwarded-For', '127.0.0.1'],
      ['X-Forwarded-Host', '3000-box.localhost:3986'],
      ['X-Forwarded-Proto', 'http'],
    ])
  })

  test('keys of its own that a client sends, but no cookies of a shared host', () => {
    const raw = ['Authorization', 'Bearer of-the-program', 'Cookie', 'sandglass_session=1', 'X-Forwarded-Host', 'evil']
    expect(shared.toToolbox(raw, false).slice(0, 2)).toEqual([
      ['Authorization', 'Bearer of-the-program'],
      ['Host', '3000-box.localhost:3986'],
    ])
  })
})

describe('a client receives', () => {
  test.each([
    ['/login', '/login', '/toolbox/id/proxy/3000/login'],
    ['http://localhost:3000/login?a=b', '/login?a=b', '/toolbox/id/proxy/3000/login?a=b'],
    ['http://127.0.0.1:3000', '/', '/toolbox/id/proxy/3000/'],
    ['http://localhost:4000/', 'http://localhost:4000/', 'http://localhost:4000/'],
    ['https://example.org/', 'https://example.org/', 'https://example.org/'],
    ['3000/?a', '3000/?a', '3000/?a'],
  ])('a redirect to %s as one to %s', (location, own, below) => {
    expect(rules.toClient(['Location', location], false)).toEqual([['Location', own]])
    expect(shared.toClient(['Location', location], false)).toEqual([['Location', below], confined])
  })

  test('headers for a whole origin only from a program with its own host', () => {
    const raw = [
      'Clear-Site-Data',
      '"*"',
      'NEL',
      '{}',
      'Strict-Transport-Security',
      'max-age=1',
      'Alt-Svc',
      'h2=":1"',
      'A',
      'b',
    ]
    expect(rules.toClient(raw, false).flat()).toEqual(raw)
    expect(shared.toClient(raw, false)).toEqual([['A', 'b'], confined])
  })

  test('cookies of a program with its own host, and `Vary: Origin` when the proxy allows the origin', () => {
    const raw = ['Set-Cookie', 'a=b; Domain=localhost', 'Vary', 'Cookie', 'Connection', 'X-Hop', 'X-Hop', '1']
    expect(rules.toClient(raw, true)).toEqual([
      ['Set-Cookie', 'a=b'],
      ['Vary', 'Cookie'],
      ['Vary', 'Origin'],
    ])
    expect(shared.toClient(raw, false)).toEqual([['Vary', 'Cookie'], confined])
  })
})

test.each([
  ['/', '/'],
  ['/?DAYTONA_SANDBOX_AUTH_KEY=t', '/'],
  ['/a?b=%2F+c&DAYTONA_SANDBOX_AUTH_KEY=t&d#e', '/a?b=%2F+c&d#e'],
  ['/?DAYTONA%5FSANDBOX_AUTH_KEY=t&x=DAYTONA_SANDBOX_AUTH_KEY', '/?x=DAYTONA_SANDBOX_AUTH_KEY'],
  ['/?%zz=1&DAYTONA_SANDBOX_AUTH_KEY=t', '/?%zz=1'],
  ['/?a?DAYTONA_SANDBOX_AUTH_KEY=t', '/?a?DAYTONA_SANDBOX_AUTH_KEY=t'],
])('%s without its token is %s', (url, clean) => expect(withoutToken(url)).toBe(clean))

test('a response under a shared host name is confined to an opaque origin without scripts, unless allowed', () => {
  const raw = ['Content-Security-Policy', "default-src 'self'", 'Content-Type', 'text/html']
  const policies = (of: typeof rules) =>
    of.toClient(raw, false).flatMap(([name, value]) => (name === 'Content-Security-Policy' ? [value] : []))
  expect(policies(shared)).toEqual(["default-src 'self'", 'sandbox'])
  expect(policies(rules)).toEqual(["default-src 'self'"])
  expect(policies(portHeaders({ ...options, ownHost: false, sharedPages: true }))).toEqual(["default-src 'self'"])
})
