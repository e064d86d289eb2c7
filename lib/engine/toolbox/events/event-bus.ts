/** The push channel inside the toolbox: areas publish what changed, subscribers (WebSockets) pass it on. */
import type { EngineEvent } from '@/lib/process-api/extensions'

export type Subscriber = (event: EngineEvent) => void

/** The present state of an area, as the events that would tell it. */
export type EventSource = () => Iterable<EngineEvent>

export class EventBus {
  private readonly subscribers = new Set<Subscriber>()
  private readonly sources: EventSource[] = []

  /** True when somebody listens: nobody needs to build an event that is not sent. */
  get isHeard(): boolean {
    return this.subscribers.size > 0
  }

  publish(event: EngineEvent): void {
    for (const subscriber of this.subscribers) subscriber(event)
  }

  addSource(source: EventSource): void {
    this.sources.push(source)
  }

  /** All that the areas know, each event made when its turn comes. */
  *present(): Generator<EngineEvent> {
    for (const source of this.sources) yield* source()
  }

  /** Returns what ends the subscription. */
  subscribe(subscriber: Subscriber): () => void {
    this.subscribers.add(subscriber)
    return () => this.subscribers.delete(subscriber)
  }
}
