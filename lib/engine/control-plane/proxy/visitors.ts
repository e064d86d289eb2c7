/**
 * Visitors of public previews, who need no credential. The program behind a preview decides how long a request takes, and
 * each one takes two descriptors of the engine, so what visitors keep in progress is limited.
 */
import type { EventEmitter } from 'node:events'
import { maxIdleConnections } from '@/lib/edge/idle-connections'
import { SocketLimits } from '@/lib/edge/socket-limits'
import { ApiError } from '@/lib/process-api/errors'

const maxPerSandbox = 500

export class Visitors {
  private readonly limits: SocketLimits

  /** @param total requests and sockets of all public previews together */
  constructor(total = Math.floor(maxIdleConnections() / 2)) {
    this.limits = new SocketLimits({
      total,
      perHolder: Math.min(maxPerSandbox, Math.ceil(total / 2)),
      perAddress: total,
    })
  }

  /** Count a request or a socket until its response or socket closes. Throws 429. */
  enter(sandboxId: string, closing: Pick<EventEmitter, 'once'>): void {
    const taken = this.limits.acquire(sandboxId, '')
    if ('release' in taken) {
      closing.once('close', taken.release)
      return
    }
    const whose = taken.reached === 'perHolder' ? 'this public preview has' : 'all public previews together have'
    throw new ApiError(
      'TOO_MANY_REQUESTS',
      `${whose} ${taken.limit} requests in progress, the maximum; try again later`,
    )
  }
}
