/**
 * Admits or refuses every request and upgrade before Next or a live connection handles it. Actions and route handlers
 * check the session again.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { isFromOtherOrigin, isNavigation, isUnsafe } from '@/lib/edge/fetch-site'
import type { OwnOrigins } from '@/lib/edge/own-origins'
import { ApiError } from '@/lib/process-api/errors'
import type { ConsoleSettings } from '@/lib/settings/console-settings'
import { type Authenticator, type Session, sessionCookieName, sessionLifetimeSeconds } from './authenticator'
import { readCookie, sessionCookie } from './cookies'
import { looksLikeBrowser } from './origin-policy'
import { safeReturnPath } from './return-path'

/** The checked parts of a request: a path from `normalisedPath`, and headers filtered by `TrustedProxies`. */
export interface GuardedRequest {
  method: string
  url: string
  headers: IncomingHttpHeaders
}

export type Admission =
  /** `origin`: the own origin that was requested, such as `https://sandglass.example`. */
  | { kind: 'pass'; session: Session | null; origin: string; cookie: string | null }
  /** `redeemed`: a one-time link of the console was used. `signedIn`: the new session of a link or an invitation. */
  | { kind: 'redirect'; location: string; cookie: string | null; redeemed: boolean; signedIn: Session | null }
  | { kind: 'refuse'; error: ApiError }

/**
 * Public paths: the sign-in page and its assets. Only reads pass without a session, because an action can be sent to
 * the path of any page.
 */
const publicPaths = /^\/(?:_next\/static\/.+|sign-in|icon\.svg|favicon\.ico|robots\.txt)$/
const publicInDevelopment = /^\/(?:_next\/|__nextjs)/

/** Pages exist below these paths only; a test compares them with `app/` and with the short addresses of next.config.js. */
export const knownPaths = /^\/(?:$|(?:targets|sandboxes|history|wall|audit|people|sign-in|sign-out|live|api)(?:\/|$))/
const unknownPath =
  'There is no page at this address. Behind a reverse proxy, Sandglass needs a host name of its own: it cannot be served under a path of another site (docs/proxies.md).'

export class RequestGuard {
  private readonly cookieName: string

  constructor(
    private readonly settings: Pick<ConsoleSettings, 'port' | 'dev'>,
    private readonly origins: OwnOrigins,
    private readonly auth: Authenticator,
  ) {
    this.cookieName = sessionCookieName(settings.port)
  }

  /** Decides on a request. If the admission has a cookie, the response must set it. */
  admit(request: GuardedRequest): Admission {
    const refused = this.refuseForeign(request)
    if (refused) return { kind: 'refuse', error: refused }
    const session = this.session(request.headers)
    const url = new URL(request.url, 'http://console.invalid')
    if (url.pathname === '/sign-in' && request.method === 'GET') return this.signIn(request, url, session)
    const invitation =
      url.pathname === '/sign-in' && request.method === 'POST' ? url.searchParams.get('invitation') : null
    if (invitation !== null) return this.acceptInvitation(request, invitation, session)
    if (url.pathname === '/sign-out' && request.method === 'POST') return this.signOut(request, session)
    if (session) return this.pass(request, session)
    if (!isUnsafe(request.method) && this.isPublic(url.pathname)) return this.pass(request, null)
    if (isUnsafe(request.method) || url.pathname.startsWith('/api/')) {
      return { kind: 'refuse', error: new ApiError('UNAUTHORIZED', 'You are not signed in.') }
    }
    if (!knownPaths.test(url.pathname)) {
      return { kind: 'refuse', error: new ApiError('NOT_FOUND', unknownPath) }
    }
    const next = safeReturnPath(request.url)
    return {
      kind: 'redirect',
      location: next === '/' ? '/sign-in' : `/sign-in?${new URLSearchParams({ next })}`,
      cookie: null,
      redeemed: false,
      signedIn: null,
    }
  }

  /** Decides on a WebSocket upgrade, which always needs a session. */
  admitUpgrade(request: GuardedRequest): { session: Session } | { error: ApiError } {
    const refused = this.refuseForeign(request)
    if (refused) return { error: refused }
    // Browsers never navigate to a WebSocket, so a claimed navigation from another origin is refused too.
    if (isFromOtherOrigin(request.headers)) return { error: foreignOrigin(request.headers) }
    if (request.headers.origin === undefined && looksLikeBrowser(request.headers)) return { error: originMissing() }
    const session = this.session(request.headers)
    return session ? { session } : { error: new ApiError('UNAUTHORIZED', 'You are not signed in.') }
  }

  /** Why a request with a foreign host or from a foreign page is refused, or null; independent of the session. */
  refuseForeign({ method, headers }: Pick<GuardedRequest, 'method' | 'headers'>): ApiError | null {
    const { host, origin } = headers
    if (!this.origins.knowsHost(host)) {
      return new ApiError(
        'FORBIDDEN',
        `This host name is not allowed. Use the address that the console printed, or add the name to SANDGLASS_ALLOWED_HOSTS${suggestion(host)} (docs/proxies.md).`,
      )
    }
    if (origin !== undefined && !this.origins.accepts(origin, host)) return foreignOrigin(headers)
    if (origin === undefined && isUnsafe(method)) return originMissing()
    // Links from other sites may lead here, but no other page may fetch, embed or change anything.
    const followsLink = origin === undefined && isNavigation({ method, headers })
    return isFromOtherOrigin(headers) && !followsLink ? foreignOrigin(headers) : null
  }

  session(headers: IncomingHttpHeaders): Session | null {
    return this.auth.authenticate(readCookie(headers.cookie, this.cookieName))
  }

  private signIn(request: GuardedRequest, url: URL, session: Session | null): Admission {
    const location = safeReturnPath(url.searchParams.get('next'))
    if (session) return { kind: 'redirect', location, cookie: null, redeemed: false, signedIn: null }
    const token = url.searchParams.get('token')
    if (token === null) return this.pass(request, null)
    // A browser that only prefetches the link must not use it up.
    if (/prefetch|prerender|preview/.test(`${request.headers['sec-purpose'] ?? ''}${request.headers.purpose ?? ''}`)) {
      return { kind: 'refuse', error: new ApiError('SERVICE_UNAVAILABLE', 'Sign-in links cannot be prefetched.') }
    }
    const redeemed = this.auth.redeem(token)
    if ('refused' in redeemed) return this.pass(request, null)
    const cookie = this.cookie(redeemed.cookie, request.headers)
    return { kind: 'redirect', location, cookie, redeemed: true, signedIn: redeemed.session }
  }

  /** A link preview only opens the page; the person accepts with its button, which sends a POST of our own origin. */
  private acceptInvitation(request: GuardedRequest, token: string, session: Session | null): Admission {
    const value = session ? null : this.auth.acceptInvitation(token)
    const location = session || value !== null ? '/' : '/sign-in?token='
    const cookie = value === null ? null : this.cookie(value, request.headers)
    return { kind: 'redirect', location, cookie, redeemed: false, signedIn: this.auth.authenticate(value) }
  }

  private signOut(request: GuardedRequest, session: Session | null): Admission {
    if (session) this.auth.end(session)
    const cookie = sessionCookie(this.cookieName, '', { maxAge: 0, secure: this.isSecure(request.headers) })
    return { kind: 'redirect', location: '/sign-in', cookie, redeemed: false, signedIn: null }
  }

  private pass(request: GuardedRequest, session: Session | null): Admission {
    const value = session && request.headers['sec-fetch-mode'] === 'navigate' ? this.auth.renew(session) : null
    const cookie = value === null ? null : this.cookie(value, request.headers)
    return { kind: 'pass', session, origin: this.originOf(request.headers), cookie }
  }

  private isPublic(pathname: string): boolean {
    return publicPaths.test(pathname) || (this.settings.dev && publicInDevelopment.test(pathname))
  }

  /** The own origin that was requested: `Origin` if present, because a proxy may set another `Host`. */
  private originOf(headers: IncomingHttpHeaders): string {
    // `Origin` was accepted before this point.
    return headers.origin ?? this.origins.originOf(headers.host ?? '', String(headers['x-forwarded-proto']))
  }

  /** Whether the browser uses https, which a reverse proxy provides. */
  private isSecure(headers: IncomingHttpHeaders): boolean {
    return this.originOf(headers).startsWith('https:')
  }

  private cookie(value: string, headers: IncomingHttpHeaders): string {
    return sessionCookie(this.cookieName, value, { maxAge: sessionLifetimeSeconds, secure: this.isSecure(headers) })
  }
}

/** A browser that knows no other site here is behind a proxy that serves the console under a name that is not listed. */
function foreignOrigin({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders): ApiError {
  const refusal = 'The console rejects requests from pages of other origins.'
  if (origin === undefined || !shortOrigin.test(origin) || (site !== undefined && site !== 'same-origin')) {
    return new ApiError('FORBIDDEN', refusal)
  }
  return new ApiError(
    'FORBIDDEN',
    `${refusal} If a reverse proxy serves the console at ${origin}, set SANDGLASS_ALLOWED_HOSTS=${origin} (docs/proxies.md).`,
  )
}

/** The end of a sentence for a plausible name, so that nothing else is repeated in the response. */
function suggestion(host: string | undefined): string {
  return host !== undefined && shortOrigin.test(`http://${host}`) ? `, as in SANDGLASS_ALLOWED_HOSTS=${host}` : ''
}

const shortOrigin = /^https?:\/\/[a-z0-9.-]{1,253}(?::\d{1,5})?$/i

function originMissing(): ApiError {
  return new ApiError('FORBIDDEN', 'The console rejects this request because it has no Origin header.')
}
