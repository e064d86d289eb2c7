'use client'
import { useRef } from 'react'

/**
 * Sends messages one after another. After a failure nothing more is sent, since later messages may build on earlier
 * ones (`cd`, then `rm`).
 * @param send sends one message; rejects when that failed
 * @param onUnsent receives what was not sent, in order, the failed message first
 * @returns queues a message
 */
export function useSendQueue<Message>(
  send: (message: Message) => Promise<unknown>,
  onUnsent: (messages: Message[]) => void,
): (message: Message) => void {
  const queue = useRef<Message[]>([])
  return (message) => {
    const waiting = queue.current
    waiting.push(message)
    if (waiting.length > 1) return
    const sendAll = async () => {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        await send(next)
        waiting.shift()
      }
    }
    sendAll().catch(() => onUnsent(waiting.splice(0)))
  }
}

/** What a field shows after sending failed: the unsent texts, then what the user typed meanwhile. */
export function withUnsent(unsent: readonly string[], typed: string): string {
  return [...unsent, typed].filter((text) => text !== '').join('\n')
}
