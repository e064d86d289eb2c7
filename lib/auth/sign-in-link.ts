/** The one-time sign-in link of `connection.json`: there is always a fresh one for whoever may read that file. */
import { ConnectionFile } from '@/lib/settings/connection-file'
import { type Authenticator, linkLifetimeSeconds } from './authenticator'

/** Whoever reads the file has most of a link's life left to use it. */
const renewIntervalMs = (linkLifetimeSeconds * 1000) / 3
const watchIntervalMs = 5_000

/** The address that signs its first visitor in. */
export function signInUrl(consoleUrl: string, token: string): string {
  return `${consoleUrl}/sign-in?${new URLSearchParams({ token })}`
}

export class SignInLink {
  private readonly file: ConnectionFile
  private written: { consoleUrl: string; signInUrl: string } | null = null
  private retired: string | undefined
  private timers: NodeJS.Timeout[] = []
  private warned = false

  constructor(
    dataDir: string,
    private readonly auth: Authenticator,
  ) {
    this.file = new ConnectionFile(dataDir)
  }

  /**
   * Put the console's half into the file and keep it there: another program that writes the file at the same moment
   * may lose our keys or bring back the link before, so it is looked at every few seconds.
   */
  publish(consoleUrl: string): string {
    this.timers = [setInterval(() => this.renew(), renewIntervalMs), setInterval(() => this.restore(), watchIntervalMs)]
    for (const timer of this.timers) timer.unref()
    return this.write(consoleUrl)
  }

  /** Replace the link, because it was used or grows old. */
  renew(): void {
    if (this.written) this.write(this.written.consoleUrl)
  }

  /** Take our half out of the file: nobody answers there any more. */
  withdraw(): void {
    for (const timer of this.timers) clearInterval(timer)
    const { written } = this
    this.written = null
    if (!written) return
    this.guard(null, () => {
      const isOurs = this.file.read().signInUrl === written.signInUrl
      if (isOurs) this.file.merge({ consoleUrl: undefined, signInUrl: undefined })
    })
  }

  private write(consoleUrl: string): string {
    const written = { consoleUrl, signInUrl: signInUrl(consoleUrl, this.auth.issueLinkToken()) }
    this.retired = this.written?.signInUrl
    this.written = written
    this.guard(written.signInUrl, () => this.file.merge(written))
    return written.signInUrl
  }

  private restore(): void {
    const { written } = this
    if (!written) return
    this.guard(written.signInUrl, () => {
      const found = this.file.read().signInUrl
      if (found === undefined || found === this.retired) this.file.merge(written)
    })
  }

  /**
   * A folder that is full or read-only is reported once and tried again. Only a person at a terminal is shown the link
   * that could not be written: any other output may be a log that others read.
   */
  private guard(link: string | null, work: () => void): void {
    try {
      work()
      this.warned = false
    } catch (error) {
      if (this.warned) return
      this.warned = true
      const why = error instanceof Error ? error.message : String(error)
      console.error(`The sign-in link could not be written to ${this.file.path}: ${why}`)
      if (link !== null && process.stderr.isTTY) console.error(`Sign in with ${link}`)
      else if (link !== null) console.error('Run "npm run sign-in" for a link.')
    }
  }
}
