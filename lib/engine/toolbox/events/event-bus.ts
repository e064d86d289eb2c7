/** The push channel inside the toolbox: areas publish what changed, subscribers (WebSockets) pass it on. */
import type { EngineEvent } from '@/lib/process-api/extensions'

export type Subscriber = (event: EngineEvent) => void

export class EventBus {
  private readonly subscribers = new Set<Subscriber>()

  /** True when somebody listens: nobody needs to build an event that is not sent. */
  get isHeard(): boolean {
    return this.subscribers.size > 0
  }

  publish(event: EngineEvent): void {
    for (const subscriber of this.subscribers) subscriber(event)
  }

  /** Returns what ends the subscription. */
  subscribe(subscriber: Subscriber): () => void {
    this.subscribers.add(subscriber)
    return () => this.subscribers.delete(subscriber)
  }
}
