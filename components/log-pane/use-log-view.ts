'use client'
import { type RefObject, useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react'
import { useLiveClient } from '@/lib/live/client/use-live'
import type { JournalRef } from '@/lib/live/protocol'
import type { OutputSize } from '@/lib/process-api/execution'
import type { JournalQueries, LineQueries } from './journal-queries'
import type { LogPreferences } from './log-preferences'
import type { Finding } from './log-search'
import type { LogView } from './log-view'
import type { MatchQueries } from './match-queries'
import type { ReaderView } from './reader-view'
import type { WholeCount } from './whole-count'

export interface LogViewRefs {
  scroller: RefObject<HTMLDivElement | null>
  host: RefObject<HTMLDivElement | null>
  gutter: RefObject<HTMLDivElement | null>
}

/**
 * Opens the log view of a journal, and closes it when the component unmounts or the journal changes. Null until its code
 * and font are loaded.
 * @param size the last known size of the journal
 * @param queries read when the view is opened, as are `lines` and `matches`
 */
export function useLogView(
  refs: LogViewRefs,
  target: string,
  journal: JournalRef,
  size: OutputSize,
  queries: JournalQueries | null,
  { lines, matches }: { lines: LineQueries | null; matches: MatchQueries | null },
  { wrap, raw }: Pick<LogPreferences, 'wrap' | 'raw'>,
  onLink: (url: string) => void,
): LogView | null {
  const client = useLiveClient()
  const [view, setView] = useState<LogView | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const key = JSON.stringify(journal)
  const { scroller, host, gutter } = refs

  const start = useEffectEvent(async (signal: AbortSignal, ref: JournalRef) => {
    const { LogView } = await import('./log-view')
    if (signal.aborted || !scroller.current || !host.current || !gutter.current) return null
    const elements = { scroller: scroller.current, host: host.current, gutter: gutter.current }
    return await LogView.open(
      { ...elements, client, target, journal: ref, size, queries, lines, matches, wrap, raw, onLink },
      signal,
    )
  })

  useEffect(() => {
    const abort = new AbortController()
    let opened: LogView | null = null
    start(abort.signal, JSON.parse(key) as JournalRef).then((log) => {
      opened = log
      if (abort.signal.aborted) log?.close()
      else setView(log)
    }, setFailure)
    return () => {
      abort.abort()
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
  if (failure) throw failure // the code could not be loaded: the page's error boundary shows the error
  return view
}

/** The state of the reader; null until the view is open. */
export function useReaderView(view: LogView | null): ReaderView | null {
  const subscribe = useCallback((listener: () => void) => view?.reader.subscribe(listener) ?? doNothing, [view])
  return useSyncExternalStore(
    subscribe,
    () => view?.reader.getView() ?? null,
    () => null,
  )
}

export function useFinding({ search }: LogView): Finding {
  return useSyncExternalStore(search.subscribe, search.getFinding, search.getFinding)
}

const nothingCounted: WholeCount = {
  phase: 'idle',
  lines: 0,
  searched: 0,
  size: 0,
  buckets: [],
  complete: true,
  message: null,
}

/** The matching lines of the whole log; always idle where the target does not count them. */
export function useWholeCount(view: LogView | null): WholeCount {
  const counter = view?.wholeCount ?? null
  const get = () => counter?.get() ?? nothingCounted
  return useSyncExternalStore(counter?.subscribe ?? neverChanges, get, () => nothingCounted)
}

function neverChanges(): () => void {
  return doNothing
}

function doNothing(): void {
  // There is no view to unsubscribe from.
}
