'use client'
import { useQueries, useQuery } from '@tanstack/react-query'
import { ArrowLeft } from 'lucide-react'
import Link from 'next/link'
import { useSearchParams } from 'next/navigation'
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { journalPath } from '@/components/log-pane/journal-queries'
import { LineList } from '@/components/log-pane/lines/line-list'
import { type LinePosition, MergedReader, type SourceRef } from '@/components/log-pane/lines/merged-reader'
import { TimeSelect } from '@/components/log-pane/lines/time-select'
import { setLogPreferences, useLogPreferences } from '@/components/log-pane/log-preferences'
import { wallAddress } from '@/components/target/addresses'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { EmptyState } from '@/components/ui/empty-state'
import { OutsideText } from '@/components/ui/outside-text'
import { type Tone, toneClass } from '@/components/ui/state-display'
import { counted } from '@/lib/display/counted'
import { visibleText } from '@/lib/display/visible-text'
import { useLiveClient } from '@/lib/live/client/use-live'
import { runQuery, sandboxesQuery, sessionQuery } from '@/lib/queries/reads'
import { emptyWall, formatWall, type PaneRef, paneKey, parseWall } from './wall-state'

const tones: readonly Tone[] = ['run', 'peer', 'kill', 'ok', 'time', 'fail', 'off']
/** Several logs and terminals as one list in the order of time. */
export function MergedPage() {
  const target = useTarget()
  const query = useSearchParams().toString()
  const panes = useMemo(() => parseWall(new URLSearchParams(query)).panes, [query])
  const sources = useSources(target, panes)
  const back = `${wallAddress(target)}?${new URLSearchParams(query)}`
  return (
    <section aria-label="Merged by time" data-pane="" tabIndex={-1} className="flex min-h-0 flex-1 flex-col bg-surface">
      {panes.length === 0 ? (
        <EmptyState title="Nothing to merge">
          Open the <Link href={wallAddress(target)}>live wall</Link>, add panes, and choose <em>Merge by time</em>.
        </EmptyState>
      ) : (
        sources && <Merged key={JSON.stringify(sources.map(({ id }) => id))} sources={sources} back={back} />
      )}
    </section>
  )
}

interface Source {
  id: string
  name: string
  /** What the source is now; the command of a session may be another one later. */
  pane: PaneRef
  ref: SourceRef
}

/** The sources once all of them are known; those that do not exist any more are left out. */
function useSources(target: string, panes: readonly PaneRef[]): readonly Source[] | null {
  const { data: sandboxes, isPending } = useQuery(sandboxesQuery(target))
  const nameOf = (sandboxId: string) => sandboxes?.find(({ id }) => id === sandboxId)?.name ?? sandboxId.slice(0, 8)
  const commands = panes.filter((pane) => pane.kind === 'session' || pane.kind === 'command')
  const runs = panes.filter((pane) => pane.kind === 'run')
  const sessions = useQueries({
    queries: commands.map(({ sandboxId, sessionId }) => sessionQuery(target, sandboxId, sessionId)),
  })
  const details = useQueries({ queries: runs.map(({ sandboxId, runId }) => runQuery(target, sandboxId, runId)) })
  if (isPending || [...sessions, ...details].some((result) => result.isPending)) return null
  return panes.flatMap((pane): Source[] => {
    const { sandboxId } = pane
    const id = paneKey(pane)
    if (pane.kind === 'terminal') {
      const ref = { kind: 'terminal', sandboxId, ptyId: pane.ptyId } as const
      return [{ id, name: `${nameOf(sandboxId)} · ${pane.ptyId}`, pane, ref }]
    }
    if (pane.kind === 'run') {
      const { runId } = pane
      const run = details[runs.indexOf(pane)]?.data
      const ref = { kind: 'run', sandboxId, runId } as const
      const path = journalPath(target, ref)
      const name = `${nameOf(sandboxId)} · ${run?.language ?? 'run'}`
      return run ? [{ id, name, pane, ref: { kind: 'journal', ref, path, size: run.output.bytes } }] : []
    }
    const { sessionId } = pane
    const session = sessions[commands.indexOf(pane)]?.data
    const command =
      pane.kind === 'command'
        ? session?.commands.find((one) => one.id === pane.commandId)
        : session?.commands.findLast(({ state }) => state !== 'queued')
    if (!command) return []
    const ref = { kind: 'command', sandboxId, sessionId, commandId: command.id } as const
    const path = journalPath(target, ref)
    const name = `${nameOf(sandboxId)} · ${sessionId}`
    // The command of a session stays the same until the page is loaded again.
    return [{ id, name, pane: ref, ref: { kind: 'journal', ref, path, size: command.output.bytes } }]
  })
}

function Merged({ sources, back }: { sources: readonly Source[]; back: string }) {
  const target = useTarget()
  const client = useLiveClient()
  const [linked, setLinked] = useState<LinePosition | null>(() => parseLine(location.search, sources))
  const [reader] = useState(
    () =>
      new MergedReader(
        client,
        target,
        sources.map(({ ref }) => ref),
      ),
  )
  const state = useSyncExternalStore(reader.subscribe, reader.getState, reader.getState)
  const [off, setOff] = useState<ReadonlySet<number>>(new Set())
  const [following, setFollowing] = useState(true)
  const { wrap, timeMode } = useLogPreferences()
  const enabled = useCallback((source: number) => !off.has(source), [off])

  useEffect(() => {
    if (linked) void reader.openAt(linked)
    else reader.follow()
    return () => reader.close()
  }, [reader, linked])

  const { version, live } = state
  const rows = useMemo(() => {
    void version
    return reader.rows(enabled)
  }, [reader, version, enabled])
  const toggle = (source: number) =>
    setOff((before) => new Set(before.has(source) ? [...before].filter((one) => one !== source) : [...before, source]))
  const followEnd = () => {
    setLinked(null)
    setFollowing(true)
    const url = new URL(window.location.href)
    url.searchParams.delete('line')
    history.replaceState(null, '', url)
  }
  const rowSources = sources.map(({ name }, source) => ({
    name: visibleText(name),
    tone: toneClass[tones[source % tones.length] ?? 'off'],
  }))
  return (
    <>
      <header className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <h1 className="mr-1 text-title font-semibold">Merged by time</h1>
        <Button asChild>
          <Link href={back} prefetch={false}>
            <ArrowLeft aria-hidden="true" size={14} strokeWidth={1.5} />
            Wall
          </Link>
        </Button>
        <div className="ml-auto flex flex-wrap items-center gap-2">
          <Button aria-pressed={wrap} onClick={() => setLogPreferences({ wrap: !wrap })}>
            {wrap ? 'Wrapped' : 'Not wrapped'}
          </Button>
          <TimeSelect />
        </div>
      </header>
      <fieldset className="flex shrink-0 flex-wrap items-center gap-1 border-b border-line px-4 py-1">
        <legend className="sr-only">Sources</legend>
        {rowSources.map(({ name, tone }, source) => (
          <button
            key={sources[source]?.id}
            type="button"
            aria-pressed={!off.has(source)}
            onClick={() => toggle(source)}
            className={classNames(
              tone,
              'inline-flex h-6 max-w-64 items-center gap-1.5 rounded-chip border border-line px-2 font-mono text-label pointer-coarse:h-11',
              off.has(source) ? 'text-ink-3 line-through' : 'tone-ground text-tone',
            )}
          >
            <span aria-hidden="true" className={classNames('size-2 shrink-0', !off.has(source) && 'bg-tone')} />
            <span className="truncate">{name}</span>
          </button>
        ))}
      </fieldset>
      {state.message && (
        <p role="alert" className="shrink-0 border-b border-line bg-raised px-4 py-1.5 text-body text-ink-2">
          <OutsideText text={state.message} />
        </p>
      )}
      {reader.canLoad('earlier', enabled) && (
        <Part busy={state.loading} onLoad={() => reader.load('earlier', enabled)}>
          Load earlier lines
        </Part>
      )}
      <LineList
        rows={rows}
        version={version}
        label="Lines of all sources by time"
        sources={rowSources}
        times
        timeMode={timeMode}
        wrap={wrap}
        following={live && following}
        onFollow={setFollowing}
        linked={linked}
        linkTo={({ source, row }) => lineAddress(sources, source, row.offset)}
      />
      {!live && reader.canLoad('later', enabled) && (
        <Part busy={state.loading} onLoad={() => reader.load('later', enabled)}>
          Load later lines
        </Part>
      )}
      <p className="flex min-h-7 shrink-0 items-center gap-4 border-t border-line px-4 font-mono text-meta text-ink-3 tabular-nums">
        <span>{counted(rows.length, 'line')}</span>
        <span role="status">{live ? (following ? 'following' : 'paused') : 'around a line'}</span>
        {!(live && following) && (
          <Button size="sm" className="ml-auto" onClick={live ? () => setFollowing(true) : followEnd}>
            Jump to end
          </Button>
        )}
      </p>
    </>
  )
}

function Part({ busy, onLoad, children }: { busy: boolean; onLoad: () => void; children: string }) {
  return (
    <div className="flex shrink-0 justify-center border-b border-line bg-surface py-1">
      <Button size="sm" busy={busy} onClick={onLoad}>
        {children}
      </Button>
    </div>
  )
}

/** The address of this page at a line: the index of its source and its offset. */
function lineAddress(sources: readonly Source[], source: number, offset: number): string {
  const query = formatWall({ ...emptyWall, panes: sources.map(({ pane }) => pane) })
  query.set('line', `${source}:${offset}`)
  return `${location.pathname}?${query}`
}

function parseLine(search: string, sources: readonly Source[]): LinePosition | null {
  const [, source, offset] = /^(\d{1,3}):(\d{1,15})$/.exec(new URLSearchParams(search).get('line') ?? '') ?? []
  if (source === undefined || offset === undefined) return null
  return sources[Number(source)]?.ref.kind === 'journal' ? { source: Number(source), offset: Number(offset) } : null
}
