'use client'
import { createContext, useContext, useSyncExternalStore } from 'react'
import { type Connection, firstConnection } from './connection'
import type { LiveClient } from './live-client'

/** The tab's only live client, created by `LiveProvider`. */
export const LiveContext = createContext<LiveClient | null>(null)

export function useLiveClient(): LiveClient {
  const client = useContext(LiveContext)
  if (!client) throw new Error('LiveProvider is missing above this component')
  return client
}

/** The state of the live connection, for the status bar and the reconnect overlays. Changes at most a few times a second. */
export function useConnection(): Connection {
  const client = useLiveClient()
  return useSyncExternalStore(client.subscribe, client.getConnection, () => firstConnection)
}
