/** The one-time sign-in link in `connection.json`, which is always valid for users who can read that file. */
import { log } from '@/lib/log/log'
import { type Connection, ConnectionFile } from '@/lib/settings/connection-file'
import { type Authenticator, linkLifetimeSeconds } from './authenticator'

/** A link in the file always has most of its lifetime left. */
const renewIntervalMs = (linkLifetimeSeconds * 1000) / 3
const watchIntervalMs = 5_000

/** The address that signs in its first visitor. */
export function signInUrl(consoleUrl: string, token: string): string {
  return `${consoleUrl}/sign-in?${new URLSearchParams({ token })}`
}

export class SignInLink {
  private readonly file: ConnectionFile
  private readonly engine: ConnectionFile
  private written: (Pick<Connection, 'linkOrigins'> & { consoleUrl: string; signInUrl: string }) | null = null
  private retired: string | undefined
  private timers: NodeJS.Timeout[] = []
  private warned = false

  constructor(
    dataDir: string,
    private readonly auth: Authenticator,
  ) {
    this.file = new ConnectionFile(dataDir)
    this.engine = new ConnectionFile(dataDir, 'engine.json')
  }

  /**
   * Writes the console's keys into the file and keeps them there: another program that writes the file at the same time
   * may lose our keys or restore an old link, so the file is checked every few seconds.
   * @param linkOrigins where `npm run sign-in` sends people, if not to `consoleUrl`
   */
  publish(consoleUrl: string, linkOrigins: readonly string[] = []): string {
    this.timers = [setInterval(() => this.renew(), renewIntervalMs), setInterval(() => this.restore(), watchIntervalMs)]
    for (const timer of this.timers) timer.unref()
    return this.write(consoleUrl, linkOrigins)
  }

  /** Replaces the link after it was used, or before it expires. */
  renew(): void {
    if (this.written) this.write(this.written.consoleUrl, this.written.linkOrigins)
  }

  /** Removes our keys from the file when the console stops. */
  withdraw(): void {
    for (const timer of this.timers) clearInterval(timer)
    const { written } = this
    this.written = null
    if (!written) return
    this.tryWrite(null, () => {
      const isOurs = this.file.read().signInUrl === written.signInUrl
      if (isOurs) this.file.merge({ consoleUrl: undefined, signInUrl: undefined, linkOrigins: undefined })
    })
  }

  private write(consoleUrl: string, linkOrigins: readonly string[] = []): string {
    const written = {
      consoleUrl,
      signInUrl: signInUrl(consoleUrl, this.auth.issueLinkToken()),
      linkOrigins: linkOrigins.length > 0 ? [...linkOrigins] : undefined,
    }
    this.retired = this.written?.signInUrl
    this.written = written
    this.tryWrite(written.signInUrl, () => this.file.merge({ ...this.engine.read(), ...written }))
    return written.signInUrl
  }

  private restore(): void {
    const { written } = this
    if (!written) return
    this.tryWrite(written.signInUrl, () => {
      const found = this.file.read().signInUrl
      if (found === undefined || found === this.retired) this.file.merge(written)
    })
  }

  /**
   * Reports a full or read-only folder once, and tries again later. The link that could not be written is printed only
   * to a terminal, because any other output may be a log that others can read.
   */
  private tryWrite(link: string | null, work: () => void): void {
    try {
      work()
      this.warned = false
    } catch (error) {
      if (this.warned) return
      this.warned = true
      const why = error instanceof Error ? error.message : String(error)
      log.error(`The sign-in link could not be written to ${this.file.path}: ${why}`)
      // For a person at a terminal; a log must not have the link.
      if (link !== null && process.stderr.isTTY) process.stderr.write(`Sign in with ${link}\n`)
      else if (link !== null) log.info('Run "npm run sign-in" for a link.')
    }
  }
}
