import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import nextConfig from '../../next.config.js'
import { type Authenticator, openAuthenticator } from './authenticator'
import { knownPaths, RequestGuard } from './guard'
import { consoleOrigins } from './origin-policy'
import { loadSecret, signingKeys } from './secret'
import { newTokenId, signToken } from './signed-token'

let folder: string
let auth: Authenticator
let guard: RequestGuard

const settings = { host: '127.0.0.1', port: 3000, allowedHosts: [], dev: false }
const host = 'localhost:3000'
const origin = `http://${host}`

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'guard-'))
  auth = openAuthenticator(folder)
  guard = new RequestGuard(settings, consoleOrigins(settings), auth)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function admit(url: string, headers: IncomingHttpHeaders = {}, method = 'GET') {
  return guard.admit({ method, url, headers: { host, ...headers } })
}

function code(admission: ReturnType<typeof admit>) {
  return admission.kind === 'refuse' ? admission.error.code : admission.kind
}

/** Signs in with a new link and returns the `Cookie` header for later requests. */
function signIn(): { cookie: string } {
  const admission = admit(`/sign-in?token=${auth.issueLinkToken()}`)
  if (admission.kind !== 'redirect' || admission.cookie === null) throw new Error('the link did not sign in')
  return { cookie: admission.cookie.split(';')[0] ?? '' }
}

describe('without a session', () => {
  it('redirects pages to the sign-in page, with the return path', () => {
    expect(admit('/sandboxes/a/run?x=1')).toMatchObject({
      kind: 'redirect',
      location: `/sign-in?next=${encodeURIComponent('/sandboxes/a/run?x=1')}`,
      cookie: null,
    })
    expect(admit('/')).toMatchObject({ kind: 'redirect', location: '/sign-in' })
  })

  it('refuses reads, actions and upgrades', () => {
    expect(code(admit('/api/targets/local/sandboxes'))).toBe('UNAUTHORIZED')
    expect(code(admit('/', { origin }, 'POST'))).toBe('UNAUTHORIZED')
    expect(code(admit('/sign-in', { origin, 'next-action': 'x' }, 'POST'))).toBe('UNAUTHORIZED')
    expect(code(admit('/_next/static/x.js', { origin }, 'POST'))).toBe('UNAUTHORIZED')
    expect(guard.admitUpgrade({ method: 'GET', url: '/live', headers: { host, origin } })).toMatchObject({
      error: { code: 'UNAUTHORIZED' },
    })
  })

  it('serves the sign-in page with its assets, and nothing else', () => {
    for (const url of ['/sign-in', '/_next/static/chunks/a.js', '/icon.svg']) expect(code(admit(url))).toBe('pass')
    for (const url of ['/_next/image?url=x', '/_next/static/', '/sign-in/x', '/icon.svg/x', '/_next/hmr']) {
      expect(code(admit(url))).not.toBe('pass')
    }
  })
})

describe('a sign-in link', () => {
  it('works once and redirects to its return path', () => {
    const token = auth.issueLinkToken()
    expect(admit(`/sign-in?token=${token}&next=/sandboxes/a`)).toMatchObject({
      kind: 'redirect',
      location: '/sandboxes/a',
      redeemed: true,
      signedIn: expect.objectContaining({ id: expect.any(String) }),
      cookie: expect.stringMatching(/^sandglass-3000=[^;]+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/),
    })
    expect(code(admit(`/sign-in?token=${token}`))).toBe('pass')
  })

  it('stays used after a restart', () => {
    const token = auth.issueLinkToken()
    admit(`/sign-in?token=${token}`)
    auth = openAuthenticator(folder)
    expect(auth.redeem(token)).toEqual({ refused: 'used' })
  })

  it('does not redirect to another site', () => {
    expect(admit(`/sign-in?token=${auth.issueLinkToken()}&next=//evil.example`)).toMatchObject({ location: '/' })
  })

  it('is not used up by a prefetch', () => {
    const token = auth.issueLinkToken()
    expect(code(admit(`/sign-in?token=${token}`, { 'sec-purpose': 'prefetch;prerender' }))).toBe('SERVICE_UNAVAILABLE')
    expect(code(admit(`/sign-in?token=${token}`, {}, 'HEAD'))).toBe('pass')
    expect(code(admit(`/sign-in?token=${token}`))).toBe('redirect')
  })

  it('sets a Secure cookie for a host name served over https', () => {
    const behind = { ...settings, allowedHosts: ['https://sandglass.example', 'box:8080'] }
    guard = new RequestGuard(behind, consoleOrigins(behind), auth)
    const cookieFor = (headers: IncomingHttpHeaders) => {
      const admission = admit(`/sign-in?token=${auth.issueLinkToken()}`, headers)
      return admission.kind === 'redirect' ? admission.cookie : null
    }
    expect(cookieFor({ host: 'sandglass.example' })).toMatch(/; Secure$/)
    // A name with a port may be http or https; the header contains only what a trusted proxy sent.
    expect(cookieFor({ host: 'box:8080', 'x-forwarded-proto': 'https' })).toMatch(/; Secure$/)
    expect(cookieFor({ host: 'box:8080' })).not.toContain('Secure')
    expect(cookieFor({ 'x-forwarded-proto': 'https' })).not.toContain('Secure')
  })

  it('expires after 15 minutes, and day-long links of earlier versions are rejected', () => {
    vi.useFakeTimers()
    try {
      auth = openAuthenticator(folder)
      const token = auth.issueLinkToken()
      vi.advanceTimersByTime(15 * 60_000 + 1_000)
      expect(auth.redeem(token)).toEqual({ refused: 'expired' })
      const seconds = Math.floor(Date.now() / 1000) + 24 * 3600
      const long = signToken({ id: newTokenId(), seconds }, signingKeys(loadSecret(folder)).link)
      expect(auth.redeem(long)).toEqual({ refused: 'expired' })
      expect(auth.redeem(auth.issueLinkToken())).toHaveProperty('cookie')
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('with a session', () => {
  it('admits pages, reads, actions and upgrades', () => {
    const signedIn = signIn()
    expect(code(admit('/', signedIn))).toBe('pass')
    expect(code(admit('/api/targets/local/sandboxes', signedIn))).toBe('pass')
    expect(code(admit('/', { ...signedIn, origin }, 'POST'))).toBe('pass')
    expect(guard.admitUpgrade({ method: 'GET', url: '/live', headers: { host, origin, ...signedIn } })).toHaveProperty(
      'session',
    )
  })

  it('is ended by signing out, for every copy of the cookie and after a restart', () => {
    const signedIn = signIn()
    expect(admit('/sign-out', { ...signedIn, origin }, 'POST')).toMatchObject({
      location: '/sign-in',
      cookie: expect.stringContaining('Max-Age=0'),
    })
    expect(code(admit('/api/x', signedIn))).toBe('UNAUTHORIZED')
    auth = openAuthenticator(folder)
    guard = new RequestGuard(settings, consoleOrigins(settings), auth)
    expect(code(admit('/api/x', signedIn))).toBe('UNAUTHORIZED')
  })

  it('is not valid on another port or with another secret', () => {
    const { cookie } = signIn()
    expect(code(admit('/api/x', { cookie: cookie.replace('3000', '3001') }))).toBe('UNAUTHORIZED')
    const other = mkdtempSync(path.join(tmpdir(), 'guard-'))
    guard = new RequestGuard(settings, consoleOrigins(settings), openAuthenticator(other))
    expect(code(admit('/api/x', { cookie }))).toBe('UNAUTHORIZED')
    rmSync(other, { recursive: true })
  })

  it('does not admit pages of another origin or host', () => {
    const signedIn = signIn()
    const foreign = { ...signedIn, origin: 'http://localhost:5173' }
    expect(code(admit('/', foreign, 'POST'))).toBe('FORBIDDEN')
    expect(code(admit('/api/x', foreign))).toBe('FORBIDDEN')
    expect(code(admit('/', { ...signedIn, origin: 'null' }, 'POST'))).toBe('FORBIDDEN')
    expect(code(admit('/', signedIn, 'POST'))).toBe('FORBIDDEN')
    expect(code(admit('/', { ...signedIn, host: 'evil.example' }))).toBe('FORBIDDEN')
    for (const headers of [foreign, { ...signedIn, origin, host: 'evil.example' }]) {
      expect(guard.admitUpgrade({ method: 'GET', url: '/live', headers: { host, ...headers } })).toMatchObject({
        error: { code: 'FORBIDDEN' },
      })
    }
  })

  it('can be linked to from other sites, but not fetched or embedded', () => {
    const signedIn = signIn()
    for (const elsewhere of ['same-site', 'cross-site', 'unheard-of']) {
      const site = { ...signedIn, 'sec-fetch-site': elsewhere }
      expect(code(admit('/api/x', { ...site, 'sec-fetch-mode': 'no-cors' }))).toBe('FORBIDDEN')
      expect(code(admit('/sandboxes/a', { ...site, 'sec-fetch-mode': 'navigate' }))).toBe('pass')
    }
  })

  it('does not admit requests that the browser marks as cross-site, even with our own Origin', () => {
    const signedIn = { ...signIn(), origin }
    const upgrade = (headers: IncomingHttpHeaders) =>
      guard.admitUpgrade({ method: 'GET', url: '/live', headers: { host, ...signedIn, ...headers } })
    for (const site of ['same-site', 'cross-site', 'unheard-of', 'same-origin, cross-site']) {
      for (const mode of ['navigate', 'cors', 'websocket']) {
        const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode }
        expect(code(admit('/', { ...signedIn, ...headers }, 'POST'))).toBe('FORBIDDEN')
        expect(upgrade(headers)).toMatchObject({ error: { code: 'FORBIDDEN' } })
      }
    }
    for (const site of ['same-origin', 'none']) {
      expect(code(admit('/', { ...signedIn, 'sec-fetch-site': site }, 'POST'))).toBe('pass')
      expect(upgrade({ 'sec-fetch-site': site })).toHaveProperty('session')
    }
  })

  it('requires an Origin for upgrades of browsers; a program with the cookie needs none', () => {
    const headers = { host, ...signIn() }
    const upgrade = (more: IncomingHttpHeaders) =>
      guard.admitUpgrade({ method: 'GET', url: '/live', headers: { ...headers, ...more } })
    expect(upgrade({ 'user-agent': 'Mozilla/5.0' })).toMatchObject({ error: { code: 'FORBIDDEN' } })
    expect(upgrade({ 'sec-fetch-mode': 'websocket' })).toMatchObject({ error: { code: 'FORBIDDEN' } })
    expect(upgrade({})).toHaveProperty('session')
  })
})

describe('behind a reverse proxy', () => {
  const message = (admission: ReturnType<typeof admit>) => (admission.kind === 'refuse' ? admission.error.message : '')

  it('names the setting for a host name and for an origin that are not listed', () => {
    expect(message(admit('/', { host: 'my.example' }))).toContain('SANDGLASS_ALLOWED_HOSTS=my.example ')
    const post = admit('/', { ...signIn(), origin: 'https://my.example', 'sec-fetch-site': 'same-origin' }, 'POST')
    expect(message(post)).toContain('set SANDGLASS_ALLOWED_HOSTS=https://my.example ')
    // Browsers send no Sec-Fetch-Site over http.
    expect(message(admit('/', { ...signIn(), origin: 'http://my.example' }, 'POST'))).toContain(
      'SANDGLASS_ALLOWED_HOSTS',
    )
  })

  it('suggests nothing to a page of another site, and repeats nothing odd', () => {
    const crossSite = { ...signIn(), origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    expect(message(admit('/', crossSite, 'POST'))).not.toContain('evil.example')
    expect(message(admit('/', { host: '<b>x</b>' }))).not.toContain('<b>')
  })

  it('says at an unknown path that Sandglass needs a host name of its own', () => {
    expect(message(admit('/sandglass/'))).toContain('a host name of its own')
    expect(message(admit('/targetsx'))).toContain('a host name of its own')
  })

  it('knows all pages', async () => {
    const folders = readdirSync(path.resolve(import.meta.dirname, '../../app'), { withFileTypes: true })
    for (const { name } of folders.filter((entry) => entry.isDirectory())) expect(`/${name}/x`).toMatch(knownPaths)
    const rewrites = await nextConfig.rewrites?.()
    if (!Array.isArray(rewrites)) throw new Error('the short addresses are no longer a list')
    for (const { source } of rewrites) expect(source.replace('/:path*', '/x')).toMatch(knownPaths)
    for (const known of ['/', '/sandboxes', '/sandboxes/a/run', '/sign-out']) expect(known).toMatch(knownPaths)
  })
})
