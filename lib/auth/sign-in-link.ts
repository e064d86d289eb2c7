/** The one-time sign-in link of `connection.json`: there is always a fresh one for whoever may read that file. */
import { ConnectionFile } from '@/lib/connection-file'
import type { Authenticator } from './authenticator'

/** Well within a link's life of a day. */
const renewMs = 6 * 3600_000
const watchMs = 5_000

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
    this.timers = [setInterval(() => this.renew(), renewMs), setInterval(() => this.restore(), watchMs)]
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
    if (this.written && this.file.read().signInUrl === this.written.signInUrl) {
      this.merge({ consoleUrl: undefined, signInUrl: undefined })
    }
    this.written = null
  }

  private write(consoleUrl: string): string {
    this.retired = this.written?.signInUrl
    this.written = { consoleUrl, signInUrl: signInUrl(consoleUrl, this.auth.issueLinkToken()) }
    this.merge(this.written)
    return this.written.signInUrl
  }

  private restore(): void {
    const found = this.file.read().signInUrl
    if (this.written && (found === undefined || found === this.retired)) this.merge(this.written)
  }

  private merge(changes: { consoleUrl: string | undefined; signInUrl: string | undefined }): void {
    try {
      this.file.merge(changes)
      this.warned = false
    } catch (error) {
      if (this.warned) return
      this.warned = true
      const why = error instanceof Error ? error.message : String(error)
      console.error(`The sign-in link could not be written to ${this.file.path}: ${why}`)
      if (changes.signInUrl !== undefined) console.error(`Sign in with ${changes.signInUrl}`)
    }
  }
}
