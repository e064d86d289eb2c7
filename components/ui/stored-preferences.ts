'use client'
import { useSyncExternalStore } from 'react'

export interface StoredPreferences<Values> {
  /** The values, which change at once wherever they are used. */
  use(): Values
  set(change: Partial<Values>): void
}

/**
 * Settings of a user, stored in the browser.
 * @param defaults also what the server renders with
 * @param complete fills in and corrects what is stored
 */
export function storedPreferences<Values extends object>(
  storageKey: string,
  defaults: Values,
  complete: (stored: Partial<Values>) => Values,
): StoredPreferences<Values> {
  const listeners = new Set<() => void>()
  let current: Values | null = null

  function read(): Values {
    if (current) return current
    let stored: unknown
    try {
      stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}')
    } catch {
      stored = {} // invalid text, or no storage
    }
    current = complete(typeof stored === 'object' && stored !== null ? stored : {})
    return current
  }

  return {
    use: () =>
      useSyncExternalStore(
        (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
        read,
        () => defaults,
      ),
    set(change) {
      current = complete({ ...read(), ...change })
      localStorage.setItem(storageKey, JSON.stringify(current))
      for (const listener of listeners) listener()
    },
  }
}
