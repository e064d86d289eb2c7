'use client'
import { createContext, useContext, useSyncExternalStore } from 'react'
import { type Connection, firstConnection } from './connection'
import type { LiveClient } from './live-client'

/** The tab's one live socket; `LiveProvider` makes it. */
export const LiveContext = createContext<LiveClient | null>(null)

export function useLiveSocket(): LiveClient {
  const socket = useContext(LiveContext)
  if (!socket) throw new Error('LiveProvider is missing above this component')
  return socket
}

/** The state of the live connection, for the status bar and the veils. It changes at most a few times a second. */
export function useConnection(): Connection {
  const socket = useLiveSocket()
  return useSyncExternalStore(socket.subscribe, socket.getConnection, () => firstConnection)
}
