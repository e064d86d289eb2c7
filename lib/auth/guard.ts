/**
 * The one place where every request and upgrade is let in or refused, before Next or a socket sees it. Actions and
 * route handlers check the session once more by themselves.
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

/** What is looked at of a request: a path from `normalisedPath`, and headers that `TrustedProxies` went through. */
export interface GuardedRequest {
  method: string
  url: string
  headers: IncomingHttpHeaders
}

export type Admission =
  /** `origin`: the one of ours that was asked, such as `https://sandglass.example`. */
  | { kind: 'pass'; session: Session | null; origin: string; cookie: string | null }
  /** `redeemed`: a one-time link was used up. */
  | { kind: 'redirect'; location: string; cookie: string | null; redeemed: boolean }
  | { kind: 'refuse'; error: ApiError }

/**
 * Paths that show nothing and change nothing: what the sign-in page is made of. Only reads pass without a session, for
 * an action can be sent to any page's path.
 */
const publicPaths = /^\/(?:_next\/static\/.+|sign-in|icon\.svg|favicon\.ico|robots\.txt)$/
const publicInDevelopment = /^\/(?:_next\/|__nextjs)/

export class RequestGuard {
  private readonly cookieName: string

  constructor(
    private readonly settings: Pick<ConsoleSettings, 'port' | 'dev'>,
    private readonly origins: OwnOrigins,
    private readonly auth: Authenticator,
  ) {
    this.cookieName = sessionCookieName(settings.port)
  }

  /** Decide on a request. A redirect may carry a cookie that the answer must set, and so may a pass. */
  admit(request: GuardedRequest): Admission {
    const refused = this.refuseForeign(request)
    if (refused) return { kind: 'refuse', error: refused }
    const session = this.session(request.headers)
    const url = new URL(request.url, 'http://console.invalid')
    if (url.pathname === '/sign-in' && request.method === 'GET') return this.signIn(request, url, session)
    if (url.pathname === '/sign-out' && request.method === 'POST') return this.signOut(request, session)
    if (session) return this.pass(request, session)
    if (!isUnsafe(request.method) && this.isPublic(url.pathname)) return this.pass(request, null)
    if (isUnsafe(request.method) || url.pathname.startsWith('/api/')) {
      return { kind: 'refuse', error: new ApiError('UNAUTHORIZED', 'You are not signed in.') }
    }
    const next = safeReturnPath(request.url)
    return {
      kind: 'redirect',
      location: next === '/' ? '/sign-in' : `/sign-in?${new URLSearchParams({ next })}`,
      cookie: null,
      redeemed: false,
    }
  }

  /** Decide on a WebSocket upgrade: there is always a session. */
  admitUpgrade(request: GuardedRequest): { session: Session } | { error: ApiError } {
    const refused = this.refuseForeign(request)
    if (refused) return { error: refused }
    // No person goes to a socket: a page that claims to navigate there is refused like any other.
    if (isFromOtherOrigin(request.headers)) return { error: foreignOrigin() }
    if (request.headers.origin === undefined && looksLikeBrowser(request.headers)) return { error: originMissing() }
    const session = this.session(request.headers)
    return session ? { session } : { error: new ApiError('UNAUTHORIZED', 'You are not signed in.') }
  }

  /** Why a request is refused whose host or page is not ours, or null; the session plays no part in it. */
  refuseForeign({ method, headers }: Pick<GuardedRequest, 'method' | 'headers'>): ApiError | null {
    const { host, origin } = headers
    if (!this.origins.knowsHost(host)) {
      return new ApiError(
        'FORBIDDEN',
        'This host name is not allowed. Use the address that the console printed, or add the name to SANDGLASS_ALLOWED_HOSTS.',
      )
    }
    if (origin !== undefined && !this.origins.accepts(origin, host)) return foreignOrigin()
    if (origin === undefined && isUnsafe(method)) return originMissing()
    // A link from elsewhere may lead here, but no other page may fetch, embed or change anything.
    const followsLink = origin === undefined && isNavigation({ method, headers })
    return isFromOtherOrigin(headers) && !followsLink ? foreignOrigin() : null
  }

  session(headers: IncomingHttpHeaders): Session | null {
    return this.auth.authenticate(readCookie(headers.cookie, this.cookieName))
  }

  private signIn(request: GuardedRequest, url: URL, session: Session | null): Admission {
    const location = safeReturnPath(url.searchParams.get('next'))
    if (session) return { kind: 'redirect', location, cookie: null, redeemed: false }
    const token = url.searchParams.get('token')
    if (token === null) return this.pass(request, null)
    // A browser that only guesses that the link will be opened must not use it up.
    if (/prefetch|prerender|preview/.test(`${request.headers['sec-purpose'] ?? ''}${request.headers.purpose ?? ''}`)) {
      return { kind: 'refuse', error: new ApiError('SERVICE_UNAVAILABLE', 'Sign-in links cannot be prefetched.') }
    }
    const redeemed = this.auth.redeem(token)
    if ('refused' in redeemed) return this.pass(request, null)
    return { kind: 'redirect', location, cookie: this.cookie(redeemed.cookie, request.headers), redeemed: true }
  }

  private signOut(request: GuardedRequest, session: Session | null): Admission {
    if (session) this.auth.end(session)
    const cookie = sessionCookie(this.cookieName, '', { maxAge: 0, secure: this.isSecure(request.headers) })
    return { kind: 'redirect', location: '/sign-in', cookie, redeemed: false }
  }

  private pass(request: GuardedRequest, session: Session | null): Admission {
    const value = session && request.headers['sec-fetch-mode'] === 'navigate' ? this.auth.renew(session) : null
    const cookie = value === null ? null : this.cookie(value, request.headers)
    return { kind: 'pass', session, origin: this.originOf(request.headers), cookie }
  }

  private isPublic(pathname: string): boolean {
    return publicPaths.test(pathname) || (this.settings.dev && publicInDevelopment.test(pathname))
  }

  /** The origin of ours that was asked: the page's own where it names one, for a proxy may put another `Host`. */
  private originOf(headers: IncomingHttpHeaders): string {
    // Whatever names an origin here was accepted before.
    return headers.origin ?? this.origins.originOf(headers.host ?? '', String(headers['x-forwarded-proto']))
  }

  /** Whether a browser reached us over https, which a reverse proxy offers. */
  private isSecure(headers: IncomingHttpHeaders): boolean {
    return this.originOf(headers).startsWith('https:')
  }

  private cookie(value: string, headers: IncomingHttpHeaders): string {
    return sessionCookie(this.cookieName, value, { maxAge: sessionLifetimeSeconds, secure: this.isSecure(headers) })
  }
}

function foreignOrigin(): ApiError {
  return new ApiError('FORBIDDEN', 'The console rejects requests from pages of other origins.')
}

function originMissing(): ApiError {
  return new ApiError('FORBIDDEN', 'The console rejects this request because it has no Origin header.')
}
