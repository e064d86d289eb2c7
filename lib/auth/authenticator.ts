/**
 * Authentication of the console. A one-time link, signed with the secret of the data directory, is exchanged for a session
 * cookie. The cookie is signed too, so a restart signs nobody out. All ports of a host share cookies, so the cookie name
 * contains the port.
 */
import { log } from '@/lib/log/log'
import { consoleSettings } from '@/lib/settings/console-settings'
import { readCookie } from './cookies'
import { type Identity, type People, people } from './people'
import { loadSecret, type SigningKeys, signingKeys } from './secret'
import { newTokenId, signToken, verifyToken } from './signed-token'
import { UsedTokenStore } from './used-token-store'

/** Unused links expire soon, because they may be in a log or a shell history that others can read. */
export const linkLifetimeSeconds = 15 * 60
export const sessionLifetimeSeconds = 30 * 24 * 3600
/** A session in use is renewed once it is this old. */
const renewAfterSeconds = 24 * 3600

export interface Session {
  id: string
  /** Seconds since the epoch. */
  issuedAt: number
  /** The invited person; undefined for the owner by link. */
  person?: Identity
}

export type RedeemResult = { session: Session; cookie: string } | { refused: 'used' | 'expired' | 'invalid' }

export class Authenticator {
  constructor(
    private readonly keys: SigningKeys,
    private readonly usedTokens: UsedTokenStore,
    private readonly now: () => number = Date.now,
    private readonly people: People | null = null,
  ) {}

  /** A new one-time token for `/sign-in?token=`. */
  issueLinkToken(): string {
    return signToken({ id: newTokenId(), seconds: this.seconds() + linkLifetimeSeconds }, this.keys.link)
  }

  /** Exchanges a link's token for a session. A token works once, even across restarts. */
  redeem(token: string): RedeemResult {
    const link = verifyToken(token, this.keys.link)
    if (link === null) return { refused: 'invalid' }
    // Earlier versions issued links that were valid for a day.
    const isExpired = link.seconds < this.seconds() || link.seconds > this.seconds() + linkLifetimeSeconds
    if (isExpired) return { refused: 'expired' }
    if (!this.usedTokens.add('usedLinks', link.id, link.seconds)) return { refused: 'used' }
    return this.issueSession(newTokenId())
  }

  /** The session of a cookie value; null when it is missing, forged, expired or ended. */
  authenticate(value: string | null): Session | null {
    const token = value === null ? null : verifyToken(value, this.keys.session)
    if (token === null) return value === null ? null : (this.people?.authenticate(value) ?? null)
    if (token.seconds + sessionLifetimeSeconds < this.seconds()) return null
    if (this.usedTokens.has('endedSessions', token.id)) return null
    return { id: token.id, issuedAt: token.seconds }
  }

  /** Exchanges the link of an invited person for a session cookie; null if it is not valid. A link works once. */
  acceptInvitation(token: string): string | null {
    return this.people?.redeem(token) ?? null
  }

  /** A new cookie value for a session in use; null while the current one is recent enough. People sign in by new links. */
  renew(session: Session): string | null {
    if (session.person) return null
    if (session.issuedAt + renewAfterSeconds > this.seconds()) return null
    return this.issueSession(session.id).cookie
  }

  /** Ends a session permanently, for every copy of its cookie. */
  end(session: Session): void {
    if (session.person) {
      this.people?.endSession(session.person.id, session.id)
      return
    }
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

/** The authenticator of this process's data directory. Throws the file system's error if the secret is unavailable. */
export function authenticator(): Authenticator {
  shared ??= openAuthenticator(consoleSettings().dataDir, people())
  return shared
}

/** An authenticator of a data directory. */
export function openAuthenticator(dataDir: string, invited: People | null = null): Authenticator {
  const usedTokens = new UsedTokenStore(dataDir, (error) => {
    const why = error instanceof Error ? error.message : String(error)
    log.error(`Used sign-in links and ended sessions cannot be saved and will be forgotten at a restart: ${why}`)
  })
  return new Authenticator(signingKeys(loadSecret(dataDir)), usedTokens, Date.now, invited)
}

/** The session that a request's `Cookie` header proves, or null. */
export function sessionOfCookies(header: string | undefined): Session | null {
  return authenticator().authenticate(readCookie(header, sessionCookieName(consoleSettings().port)))
}
