'use client'
import { type RefObject, useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react'
import { useLiveSocket } from '@/lib/live/client/use-live'
import type { JournalRef } from '@/lib/live/protocol'
import type { OutputSize } from '@/lib/process-api/execution'
import type { JournalPlaces } from './journal-places'
import type { ReaderView } from './journal-reader'
import type { LogPreferences } from './log-preferences'
import type { Finding } from './log-search'
import type { LogView } from './log-view'

export interface LogViewRefs {
  scroller: RefObject<HTMLDivElement | null>
  host: RefObject<HTMLDivElement | null>
  gutter: RefObject<HTMLDivElement | null>
}

/**
 * Opens the log view of a journal and closes it with the component or with another journal. Null until its code and
 * font are there.
 * @param size bytes of the journal as far as known
 * @param places asked when the view is opened
 */
export function useLogView(
  refs: LogViewRefs,
  target: string,
  journal: JournalRef,
  size: OutputSize,
  places: JournalPlaces | null,
  { wrap, raw }: Pick<LogPreferences, 'wrap' | 'raw'>,
  onLink: (url: string) => void,
): LogView | null {
  const socket = useLiveSocket()
  const [view, setView] = useState<LogView | null>(null)
  const [broken, setBroken] = useState<unknown>(null)
  const key = JSON.stringify(journal)
  const { scroller, host, gutter } = refs

  const start = useEffectEvent(async (signal: AbortSignal, ref: JournalRef) => {
    const { LogView } = await import('./log-view')
    if (signal.aborted || !scroller.current || !host.current || !gutter.current) return null
    const elements = { scroller: scroller.current, host: host.current, gutter: gutter.current }
    return await LogView.open({ ...elements, socket, target, journal: ref, size, places, wrap, raw, onLink }, signal)
  })

  useEffect(() => {
    const aborter = new AbortController()
    let opened: LogView | null = null
    start(aborter.signal, JSON.parse(key) as JournalRef).then((log) => {
      opened = log
      if (aborter.signal.aborted) log?.close()
      else setView(log)
    }, setBroken)
    return () => {
      aborter.abort()
      opened?.close()
      setView(null)
    }
  }, [key])

  const { bytes, stdoutBytes, stderrBytes, droppedBytes } = size
  useEffect(
    () => view?.reader.setSize({ bytes, stdoutBytes, stderrBytes, droppedBytes }),
    [view, bytes, stdoutBytes, stderrBytes, droppedBytes],
  )
  useEffect(() => view?.setWrap(wrap), [view, wrap])
  useEffect(() => view?.setRaw(raw), [view, raw])
  if (broken) throw broken // its code could not be loaded: the page's error boundary says so
  return view
}

/** What the reader of an open view says; null before. */
export function useReaderView(view: LogView | null): ReaderView | null {
  const subscribe = useCallback((listener: () => void) => view?.reader.subscribe(listener) ?? nothing, [view])
  return useSyncExternalStore(
    subscribe,
    () => view?.reader.getView() ?? null,
    () => null,
  )
}

export function useFinding({ search }: LogView): Finding {
  return useSyncExternalStore(search.subscribe, search.getFinding, search.getFinding)
}

function nothing(): void {
  // There is no view to leave.
}
