'use client'
import { useSyncExternalStore } from 'react'

/** The user's settings for terminals, stored in the browser and shared by all of them. */
export interface TerminalPreferences {
  /** px */
  fontSize: number
  font: TerminalFontChoice
  /** Text for screen readers makes output slower, so it is optional. */
  screenReader: boolean
}

export type TerminalFontChoice = 'geist' | 'system'

export const minFontSize = 11
export const maxFontSize = 18

const storageKey = 'sandglass.terminal'
const defaults: TerminalPreferences = { fontSize: 13, font: 'geist', screenReader: false }
const listeners = new Set<() => void>()
let current: TerminalPreferences | null = null

function read(): TerminalPreferences {
  if (current) return current
  let stored: unknown
  try {
    stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}')
  } catch {
    stored = {} // invalid text, or no storage
  }
  const merged = { ...defaults, ...(typeof stored === 'object' ? stored : {}) }
  current = { ...merged, fontSize: clampFontSize(merged.fontSize) }
  return current
}

/** Change some settings, in all terminals at once. */
export function setTerminalPreferences(change: Partial<TerminalPreferences>): void {
  const next = { ...read(), ...change }
  current = { ...next, fontSize: clampFontSize(next.fontSize) }
  localStorage.setItem(storageKey, JSON.stringify(current))
  for (const listener of listeners) listener()
}

export function useTerminalPreferences(): TerminalPreferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    read,
    () => defaults,
  )
}

function clampFontSize(size: unknown): number {
  return typeof size === 'number' && Number.isFinite(size)
    ? Math.min(maxFontSize, Math.max(minFontSize, Math.round(size)))
    : defaults.fontSize
}
