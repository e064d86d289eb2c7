import type { EventEmitter } from 'node:events'

/** Aborted when a response or a socket closes: then nobody reads what is still being produced. */
export function closeSignal(closable: EventEmitter): AbortSignal {
  const controller = new AbortController()
  closable.once('close', () => controller.abort())
  return controller.signal
}
