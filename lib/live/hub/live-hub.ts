/** The server side of `/live`: all tabs' sockets, one subscription a target, and the counts that show a leak. */
import type { WebSocket } from 'ws'
import type { Session } from '@/lib/auth/authenticator'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { TargetError } from '@/lib/process-api/problem'
import type { TargetRegistry } from '@/lib/targets/registry'
import { closeCodes, type HubServices, LiveConnection } from './live-connection'
import { type FeedListener, TargetFeed } from './target-feed'
import { targetSockets } from './target-socket'

const mostChannels = 4_000
/** How long a polite close may take before the socket is cut. */
const farewellMs = 1_000

export class LiveHub implements HubServices {
  private readonly sockets = new Set<LiveConnection>()
  private readonly feeds = new Map<string, TargetFeed>()
  private channels = 0
  private bytes = 0

  constructor(
    private readonly registry: Pick<TargetRegistry, 'client'>,
    readonly build: string,
  ) {}

  /** Serve a socket whose upgrade was let in. */
  accept(socket: WebSocket, session: Session): void {
    const live = new LiveConnection(socket, session.id, this)
    this.sockets.add(live)
    socket.on('close', () => this.sockets.delete(live))
  }

  /** Close what belongs to a session that ended. */
  closeSession(sessionId: string): void {
    for (const socket of this.sockets) {
      if (socket.sessionId === sessionId) socket.close(closeCodes.refused, 'signed out')
    }
  }

  /** Say goodbye to everybody; resolves when no socket is left. */
  async close(): Promise<void> {
    for (const feed of this.feeds.values()) feed.close()
    this.feeds.clear()
    for (const socket of this.sockets) socket.close(closeCodes.restart, 'restart')
    const deadline = Date.now() + farewellMs
    while (this.sockets.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
    for (const socket of this.sockets) socket.terminate()
  }

  /** Figures for the health answer. After all tabs are gone, all but `bytesSent` return to 0. */
  figures() {
    return {
      sockets: this.sockets.size,
      channels: this.channels,
      feeds: this.feeds.size,
      targetSockets: targetSockets.open,
      bytesSent: this.bytes,
    }
  }

  client(target: string) {
    return this.registry.client(target)
  }

  takeChannel(): boolean {
    if (this.channels >= mostChannels) return false
    this.channels += 1
    return true
  }

  returnChannel(): void {
    this.channels -= 1
  }

  sent(bytes: number): void {
    this.bytes += bytes
  }

  watch(target: string, listener: FeedListener): void {
    let feed = this.feeds.get(target)
    if (!feed) {
      if (!this.knows(target)) {
        listener.state('down')
        return
      }
      feed = new TargetFeed(
        () => this.registry.client(target),
        () => this.feeds.delete(target),
      )
      this.feeds.set(target, feed)
    }
    feed.add(listener)
  }

  /** A change at a target that nobody there could tell of. */
  publish(target: string, event: EngineEvent): void {
    this.feeds.get(target)?.publish(event)
  }

  unwatch(target: string, listener: FeedListener): void {
    this.feeds.get(target)?.remove(listener)
  }

  /** A target of an unknown name is not subscribed to; one that is only away is. */
  private knows(target: string): boolean {
    try {
      this.registry.client(target)
      return true
    } catch (error) {
      return !(error instanceof TargetError && error.code === 'TARGET_UNKNOWN')
    }
  }
}
