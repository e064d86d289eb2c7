'use client'
import { useEffect, useSyncExternalStore } from 'react'

const item = 'sandglass.open-sandboxes'
const maxRemembered = 8
const none: readonly string[] = []

let cached: { text: string | null; ids: readonly string[] } = { text: null, ids: none }
const listeners = new Set<() => void>()

function read(): readonly string[] {
  const text = localStorage.getItem(item)
  if (text !== cached.text) cached = { text, ids: parse(text) }
  return cached.ids
}

function parse(text: string | null): readonly string[] {
  if (!text) return none
  return text.split(',').filter((id) => /^[\w.-]{1,128}$/.test(id))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    removeEventListener('storage', listener)
  }
}

/** Ids of the sandboxes that this browser visited last, in the order of their first visit, so that rows do not move. */
export function useOpenSandboxes(): readonly string[] {
  return useSyncExternalStore(subscribe, read, () => none)
}

/** Records that a page of this sandbox was opened. */
export function useMarkOpen(sandboxId: string): void {
  useEffect(() => {
    const ids = read()
    if (ids.includes(sandboxId)) return
    localStorage.setItem(item, [...ids, sandboxId].slice(-maxRemembered).join())
    for (const notify of listeners) notify()
  }, [sandboxId])
}
