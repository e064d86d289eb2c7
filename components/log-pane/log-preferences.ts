'use client'
import { useSyncExternalStore } from 'react'

/** The user's settings for logs, stored in the browser and shared by all panes. */
export interface LogPreferences {
  times: boolean
  wrap: boolean
  /** Show control characters and sequences instead of interpreting them. */
  raw: boolean
  /** Text for screen readers makes the log slower, so it is optional. */
  screenReader: boolean
}

const storageKey = 'sandglass.log'
const defaults: LogPreferences = { times: true, wrap: true, raw: false, screenReader: false }
const listeners = new Set<() => void>()
let current: LogPreferences | null = null

function read(): LogPreferences {
  if (current) return current
  let stored: unknown
  try {
    stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}')
  } catch {
    stored = {} // invalid text, or no storage
  }
  const times = matchMedia('(min-width: 640px)').matches
  current = { ...defaults, times, ...(typeof stored === 'object' ? stored : {}) }
  return current
}

/** Change some settings, in all panes at once. */
export function setLogPreferences(change: Partial<LogPreferences>): void {
  current = { ...read(), ...change }
  localStorage.setItem(storageKey, JSON.stringify(current))
  for (const listener of listeners) listener()
}

export function useLogPreferences(): LogPreferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    read,
    () => defaults,
  )
}
