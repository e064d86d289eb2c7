/** Events inside the toolbox: features publish changes, subscribers (WebSockets) forward them. */
import type { EngineEvent } from '@/lib/process-api/extensions'

export type Subscriber = (event: EngineEvent) => void

/** The current state of a feature, as a list of events. */
export type EventSource = () => Iterable<EngineEvent>

export class EventBus {
  private readonly subscribers = new Set<Subscriber>()
  private readonly sources: EventSource[] = []

  /** False if nobody listens: an event need not be built then. */
  get hasSubscribers(): boolean {
    return this.subscribers.size > 0
  }

  publish(event: EngineEvent): void {
    for (const subscriber of this.subscribers) subscriber(event)
  }

  addSource(source: EventSource): void {
    this.sources.push(source)
  }

  /** The current state of all features. Events are built lazily. */
  *currentState(): Generator<EngineEvent> {
    for (const source of this.sources) yield* source()
  }

  /** Returns a function that ends the subscription. */
  subscribe(subscriber: Subscriber): () => void {
    this.subscribers.add(subscriber)
    return () => this.subscribers.delete(subscriber)
  }
}
