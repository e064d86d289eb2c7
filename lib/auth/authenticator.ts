/**
 * Who may use the console. A one-time link, signed with the secret of the data folder, is traded for a session cookie;
 * the cookie is signed too, so a restart signs nobody out. Ports of one host share cookies, so the name carries the port.
 */
import { consoleSettings } from '@/lib/settings/console-settings'
import { readCookie } from './cookies'
import { loadSecret, type SigningKeys, signingKeys } from './secret'
import { newTokenId, signToken, verifyToken } from './signed-token'
import { UsedTokenStore } from './used-token-store'

/** A link that nobody used expires soon: it may stand in a log or a history that others can read. */
export const linkLifetimeSeconds = 15 * 60
export const sessionLifetimeSeconds = 30 * 24 * 3600
/** A session that is used is carried on once it is this old. */
const renewAfterSeconds = 24 * 3600

export interface Session {
  id: string
  /** Seconds since the epoch. */
  issuedAt: number
}

export type RedeemResult = { session: Session; cookie: string } | { refused: 'used' | 'expired' | 'invalid' }

export class Authenticator {
  constructor(
    private readonly keys: SigningKeys,
    private readonly usedTokens: UsedTokenStore,
    private readonly now: () => number = Date.now,
  ) {}

  /** A fresh one-time token for `/sign-in?token=`. */
  issueLinkToken(): string {
    return signToken({ id: newTokenId(), seconds: this.seconds() + linkLifetimeSeconds }, this.keys.link)
  }

  /** Trade a link's token for a session. It works once, also after a restart. */
  redeem(token: string): RedeemResult {
    const link = verifyToken(token, this.keys.link)
    if (link === null) return { refused: 'invalid' }
    // An earlier version made links that were good for a day.
    const isOver = link.seconds < this.seconds() || link.seconds > this.seconds() + linkLifetimeSeconds
    if (isOver) return { refused: 'expired' }
    if (!this.usedTokens.add('usedLinks', link.id, link.seconds)) return { refused: 'used' }
    return this.issueSession(newTokenId())
  }

  /** The session of a cookie's value; null when it is missing, forged, too old or ended. */
  authenticate(value: string | null): Session | null {
    const token = value === null ? null : verifyToken(value, this.keys.session)
    if (token === null || token.seconds + sessionLifetimeSeconds < this.seconds()) return null
    if (this.usedTokens.has('endedSessions', token.id)) return null
    return { id: token.id, issuedAt: token.seconds }
  }

  /** A new cookie value for a session in use, or null while the present one is young. */
  renew(session: Session): string | null {
    if (session.issuedAt + renewAfterSeconds > this.seconds()) return null
    return this.issueSession(session.id).cookie
  }

  /** End a session for good, however many copies of its cookie there are. */
  end(session: Session): void {
    this.usedTokens.add('endedSessions', session.id, this.seconds() + sessionLifetimeSeconds)
  }

  private issueSession(id: string) {
    const session = { id, issuedAt: this.seconds() }
    return { session, cookie: signToken({ id, seconds: session.issuedAt }, this.keys.session) }
  }

  private seconds(): number {
    return Math.floor(this.now() / 1000)
  }
}

/** Cookies are shared by all ports of a host, so two consoles need two names. */
export function sessionCookieName(port: number): string {
  return `sandglass-${port}`
}

let shared: Authenticator | null = null

/** The authenticator of this process's data folder. Throws the file system's error where it has no secret. */
export function authenticator(): Authenticator {
  shared ??= openAuthenticator(consoleSettings().dataDir)
  return shared
}

/** An authenticator of a data folder. */
export function openAuthenticator(dataDir: string): Authenticator {
  const usedTokens = new UsedTokenStore(dataDir, (error) => {
    const why = error instanceof Error ? error.message : String(error)
    console.error(`Used sign-in links and ended sessions cannot be saved and will be forgotten at a restart: ${why}`)
  })
  return new Authenticator(signingKeys(loadSecret(dataDir)), usedTokens)
}

/** The session that a request's `Cookie` header proves, or null. */
export function sessionOfCookies(header: string | undefined): Session | null {
  return authenticator().authenticate(readCookie(header, sessionCookieName(consoleSettings().port)))
}
