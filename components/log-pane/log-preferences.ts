'use client'
import { useSyncExternalStore } from 'react'

/** How this person likes logs; kept in the browser and the same for all panes. */
export interface LogPreferences {
  times: boolean
  wrap: boolean
  /** Control characters and sequences are shown instead of followed. */
  raw: boolean
  /** Text for screen readers costs speed, so it is a choice. */
  screenReader: boolean
}

const item = 'sandglass.log'
const usual: LogPreferences = { times: true, wrap: true, raw: false, screenReader: false }
const listeners = new Set<() => void>()
let current: LogPreferences | null = null

function read(): LogPreferences {
  if (current) return current
  let kept: unknown
  try {
    kept = JSON.parse(localStorage.getItem(item) ?? '{}')
  } catch {
    kept = {} // somebody else's text under our name, or no storage: the usual ones
  }
  current = { ...usual, times: matchMedia('(min-width: 640px)').matches, ...(typeof kept === 'object' ? kept : {}) }
  return current
}

/** Change some of them, in all panes at once. */
export function setLogPreferences(change: Partial<LogPreferences>): void {
  current = { ...read(), ...change }
  localStorage.setItem(item, JSON.stringify(current))
  for (const listener of listeners) listener()
}

export function useLogPreferences(): LogPreferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    read,
    () => usual,
  )
}
