'use client'
import { type RefObject, useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react'
import { useRole } from '@/components/target/role'
import { useTarget } from '@/components/target/target-provider'
import { useLiveClient } from '@/lib/live/client/use-live'
import type { PtyView, PtyViewOptions, PtyViewState } from './pty-view'
import { useTerminalPreferences } from './terminal-preferences'

/**
 * Opens a terminal in the host, and closes the view when the component unmounts. Null until its code and font are loaded.
 */
export function usePtyView(
  host: RefObject<HTMLDivElement | null>,
  sandboxId: string,
  ptyId: string,
  hasFixedSize: boolean,
  firstInput: () => string | null,
  onKey: PtyViewOptions['onKey'],
): PtyView | null {
  const client = useLiveClient()
  const target = useTarget()
  const viewOnly = useRole() === 'viewer'
  const preferences = useTerminalPreferences()
  const [view, setView] = useState<PtyView | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const handleKey = useEffectEvent(onKey)

  const start = useEffectEvent(async (signal: AbortSignal, address: PtyViewOptions['address']) => {
    const { PtyView } = await import('./pty-view')
    if (signal.aborted || !host.current) return null
    const { current } = host
    const options = { host: current, client, address, preferences, hasFixedSize, viewOnly, firstInput: firstInput() }
    return await PtyView.create({ ...options, onKey: (action) => handleKey(action) }, signal)
  })

  useEffect(() => {
    const abort = new AbortController()
    let opened: PtyView | null = null
    start(abort.signal, { target, sandboxId, ptyId }).then((created) => {
      opened = created
      if (abort.signal.aborted) created?.close()
      else setView(created)
    }, setFailure)
    return () => {
      abort.abort()
      opened?.close()
      setView(null)
    }
  }, [target, sandboxId, ptyId])

  useEffect(() => {
    void view?.setPreferences(preferences)
  }, [view, preferences])
  if (failure) throw failure // the code could not be loaded: the page's error boundary shows the error
  return view
}

/** The state of a view; null until it is open. */
export function usePtyViewState(view: PtyView | null): PtyViewState | null {
  const subscribe = useCallback((listener: () => void) => view?.subscribe(listener) ?? doNothing, [view])
  return useSyncExternalStore(
    subscribe,
    () => view?.getState() ?? null,
    () => null,
  )
}

function doNothing(): void {
  // There is no view to unsubscribe from.
}
