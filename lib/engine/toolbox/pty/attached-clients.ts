/** The clients that are attached to a PTY, and what their speed means for the terminal. */
import type { PtyExit } from '@/lib/process-api/pty'
import type { OutputChunk, PtyClient, SizeChange } from './client'

export class AttachedClients {
  private readonly clients = new Set<PtyClient>()

  add(client: PtyClient): void {
    this.clients.add(client)
  }

  /** @returns false where the client was not attached */
  remove(client: PtyClient): boolean {
    return this.clients.delete(client)
  }

  /** `clients` may type, `viewers` only watch. */
  counts(): { clients: number; viewers: number } {
    const viewers = [...this.clients].filter((client) => client.isViewer).length
    return { clients: this.clients.size - viewers, viewers }
  }

  output(chunk: OutputChunk): void {
    for (const client of this.clients) client.output(chunk)
  }

  resized(change: SizeChange): void {
    for (const client of this.clients) client.resized(change)
  }

  /** True while the terminal must wait: one client that needs all output is full, or every client is. */
  get blockTerminal(): boolean {
    const active = [...this.clients].filter((client) => !client.isStalled)
    const full = active.filter((client) => client.isFull)
    const allAreFull = full.length > 0 && full.length === active.length
    return allAreFull || full.some((client) => client.needsAllOutput)
  }

  /** The terminal does not wait for the clients that are full: they skip output. */
  skipSlowClients(): void {
    for (const client of this.clients) {
      if (client.isFull && !client.isStalled) client.startSkipping()
    }
  }

  /** Report the exit to all of them and detach them. Resolves when no client needs the screen any more. */
  async exit(exit: PtyExit, forced: boolean): Promise<void> {
    const reported = [...this.clients].map((client) => client.exited(exit, forced))
    this.clients.clear()
    await Promise.all(reported)
  }
}
