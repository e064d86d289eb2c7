/** The server side of `/live`: the connections of all tabs, one feed per target, and counts that reveal leaks. */
import type { WebSocket } from 'ws'
import type { GuardedCall } from '@/lib/audit/guarded'
import type { Caller } from '@/lib/auth/caller'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { TargetError } from '@/lib/process-api/problem'
import type { TargetRegistry } from '@/lib/targets/registry'
import { roleChanged } from '../limits'
import { closeCodes, type HubServices, LiveConnection } from './live-connection'
import { PtyRegistry } from './pty-registry'
import { type FeedListener, TargetFeed } from './target-feed'
import { targetSockets } from './target-socket'

const maxChannels = 4_000
/** Time for the close handshake before sockets are terminated. */
const closeTimeoutMs = 1_000

export class LiveHub implements HubServices {
  private readonly connections = new Set<LiveConnection>()
  private readonly feeds = new Map<string, TargetFeed>()
  readonly ptys = new PtyRegistry()
  /** Called with each change of a target that has no push and is polled for a tab. */
  onEvent: (target: string, event: EngineEvent) => void = () => {}
  /** Called with what a tab does, and `ok` or the code of the refusal. */
  onCall: (caller: Caller, call: GuardedCall, result: string) => void = () => {}
  private channels = 0
  private bytes = 0

  constructor(
    private readonly registry: Pick<TargetRegistry, 'client'>,
    readonly build: string,
  ) {}

  /** Serve a socket whose upgrade was admitted. */
  accept(socket: WebSocket, caller: Caller): void {
    const connection = new LiveConnection(socket, caller, this)
    this.connections.add(connection)
    socket.on('close', () => this.connections.delete(connection))
  }

  /** Close the connections of a session that ended. */
  closeSession(sessionId: string): void {
    for (const connection of this.connections) {
      if (connection.caller.session.id === sessionId) connection.close(closeCodes.refused, 'signed out')
    }
  }

  /** Close the connections of a person whose role or sessions changed. Pages of open sessions connect again. */
  closePerson(personId: string, change: 'role' | 'sessions'): void {
    for (const connection of this.connections) {
      if (connection.caller.session.person?.id === personId)
        connection.close(closeCodes.refused, change === 'role' ? roleChanged : 'signed out')
    }
  }

  /** Close all connections; resolves when no socket is left. */
  async close(): Promise<void> {
    for (const feed of this.feeds.values()) feed.close()
    this.feeds.clear()
    for (const connection of this.connections) connection.close(closeCodes.restart, 'restart')
    const deadline = Date.now() + closeTimeoutMs
    while (this.connections.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
    for (const connection of this.connections) connection.terminate()
  }

  /** Statistics for the health response. After all tabs have left, all but `bytesSent` are 0. */
  stats() {
    return {
      sockets: this.connections.size,
      channels: this.channels,
      feeds: this.feeds.size,
      targetSockets: targetSockets.open,
      bytesSent: this.bytes,
    }
  }

  client(target: string) {
    return this.registry.client(target)
  }

  acquireChannel(): boolean {
    if (this.channels >= maxChannels) return false
    this.channels += 1
    return true
  }

  releaseChannel(): void {
    this.channels -= 1
  }

  countSent(bytes: number): void {
    this.bytes += bytes
  }

  watch(target: string, listener: FeedListener): void {
    let feed = this.feeds.get(target)
    if (!feed) {
      if (!this.isKnown(target)) {
        listener.state('down')
        return
      }
      feed = new TargetFeed(
        () => this.registry.client(target),
        () => this.feeds.delete(target),
        { onPolled: (event) => this.onEvent(target, event) },
      )
      this.feeds.set(target, feed)
    }
    feed.add(listener)
  }

  /** Publish a change that the target itself cannot report. */
  publish(target: string, event: EngineEvent): void {
    this.feeds.get(target)?.publish(event)
  }

  unwatch(target: string, listener: FeedListener): void {
    this.feeds.get(target)?.remove(listener)
  }

  /** A target that is only unreachable is known. */
  private isKnown(target: string): boolean {
    try {
      this.registry.client(target)
      return true
    } catch (error) {
      return !(error instanceof TargetError && error.code === 'TARGET_UNKNOWN')
    }
  }
}
