'use client'
import { useMemo, useRef, useState } from 'react'
import type { SandboxListItem } from '@/lib/process-api/sandbox'

export interface Selection {
  /** The selected sandboxes among those that are shown. */
  readonly selected: readonly SandboxListItem[]
  has(id: string): boolean
  /** @param range also change everything between this one and the one that was changed before */
  toggle(id: string, range: boolean): void
  /** Selects all that are shown, or none. */
  toggleAll(): void
  clear(): void
}

/** The selected rows of a list. What the filter hides is never selected. */
export function useSelection(shown: readonly SandboxListItem[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const last = useRef<string | null>(null)
  const selected = useMemo(() => shown.filter(({ id }) => ids.has(id)), [shown, ids])
  return {
    selected,
    has: (id) => ids.has(id),
    toggle(id, range) {
      const to = shown.findIndex((sandbox) => sandbox.id === id)
      const before = range ? shown.findIndex((sandbox) => sandbox.id === last.current) : -1
      const [start, end] = before === -1 ? [to, to] : [Math.min(before, to), Math.max(before, to)]
      const next = new Set(selected.map((sandbox) => sandbox.id))
      const isOn = !next.has(id)
      for (const sandbox of shown.slice(start, end + 1)) {
        if (isOn) next.add(sandbox.id)
        else next.delete(sandbox.id)
      }
      last.current = id
      setIds(next)
    },
    toggleAll() {
      setIds(selected.length === shown.length ? new Set() : new Set(shown.map(({ id }) => id)))
    },
    clear: () => setIds(new Set()),
  }
}
