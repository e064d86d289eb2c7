'use client'
import { useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { sortSessions } from '@/components/execution/sort-sessions'
import { filesAddress } from '@/components/files/paths'
import { sandboxAddress } from '@/components/target/addresses'
import { sessionPath } from '@/components/target/session-location'
import { useTarget } from '@/components/target/target-provider'
import { OutsideText } from '@/components/ui/outside-text'
import { executionDisplay, type StateDisplay, sessionDisplay, toneClass } from '@/components/ui/state-display'
import { StateGlyph } from '@/components/ui/state-glyph'
import { visibleText } from '@/lib/display/visible-text'
import { namesQuery, workFolderQuery } from '@/lib/queries/file-reads'
import { runsQuery, sandboxQuery, sessionQuery, sessionsQuery } from '@/lib/queries/reads'
import { Entry, Group } from './entry'

/** A shorter text matches nearly everything, and each search reads the sessions and walks through the files. */
const minSearchLength = 2
/** The commands of this many sessions are searched, the newest first. */
const maxSearchedSessions = 30
const maxShown = 6
const typingPauseMs = 200

interface Found {
  sandboxId: string
  /** What was typed. */
  search: string
  go: (href: string) => void
}

/** Sessions, commands, runs and files of a sandbox, whether the page shows them or not. */
export function SandboxEntries(props: Found) {
  const search = useSettled(props.search.trim())
  const searching = search.length >= minSearchLength
  return (
    <>
      <Sessions {...props} search={search} />
      {searching && <Runs {...props} search={search} />}
      {searching && <Files {...props} search={search} />}
    </>
  )
}

function Sessions({ sandboxId, search, go }: Found) {
  const target = useTarget()
  const { data: sessions = [] } = useQuery(sessionsQuery(target, sandboxId))
  const sorted = sortSessions(sessions)
  const searched = search.length >= minSearchLength ? sorted.slice(0, maxSearchedSessions) : []
  const commands = useQueries({
    queries: searched.map(({ sessionId }) => sessionQuery(target, sandboxId, sessionId)),
    combine: (results) =>
      results.flatMap(({ data }) =>
        data ? [...data.commands].reverse().map((command) => ({ sessionId: data.sessionId, command })) : [],
      ),
  })
  const shownSessions = sorted.filter(({ sessionId }) => matches(sessionId, search)).slice(0, maxShown)
  const shownCommands = commands.filter(({ command }) => matches(command.command, search)).slice(0, maxShown)
  return (
    <>
      {shownSessions.length > 0 && (
        <Group heading="Sessions">
          {shownSessions.map((session) => (
            <FoundEntry
              key={session.sessionId}
              kind="session"
              id={session.sessionId}
              text={session.sessionId}
              search={search}
              display={sessionDisplay(session)}
              onSelect={() => go(sessionPath(target, sandboxId, { sessionId: session.sessionId, commandId: null }))}
            />
          ))}
        </Group>
      )}
      {shownCommands.length > 0 && (
        <Group heading="Commands">
          {shownCommands.map(({ sessionId, command }) => (
            <FoundEntry
              key={command.id}
              kind="command"
              id={command.id}
              text={command.command}
              search={search}
              display={executionDisplay({ ...command, exitCode: command.exitCode ?? null })}
              detail={sessionId}
              onSelect={() => go(sessionPath(target, sandboxId, { sessionId, commandId: command.id }))}
            />
          ))}
        </Group>
      )}
    </>
  )
}

function Runs({ sandboxId, search, go }: Found) {
  const target = useTarget()
  const { data } = useInfiniteQuery(runsQuery(target, sandboxId))
  const runs = data?.pages.flatMap((page) => page.runs) ?? []
  const shown = runs.filter(({ title }) => matches(title, search)).slice(0, maxShown)
  if (shown.length === 0) return null
  return (
    <Group heading="Runs">
      {shown.map((run) => (
        <FoundEntry
          key={run.id}
          kind="run"
          id={run.id}
          text={run.title}
          search={search}
          display={executionDisplay(run, run.timeoutSeconds)}
          onSelect={() => go(sandboxAddress(target, sandboxId, 'run', run.id))}
        />
      ))}
    </Group>
  )
}

function Files({ sandboxId, search, go }: Found) {
  const target = useTarget()
  const { data: sandbox } = useQuery(sandboxQuery(target, sandboxId))
  const enabled = sandbox?.state === 'started'
  const { data: folder } = useQuery({ ...workFolderQuery(target, sandboxId), enabled })
  const { data: found } = useQuery({
    ...namesQuery(target, sandboxId, folder ?? '/', search),
    enabled: enabled && folder !== undefined,
  })
  if (!folder || !found || found.items.length === 0) return null
  return (
    <Group heading="Files">
      {found.items.slice(0, maxShown).map((path) => (
        <FoundEntry
          key={path}
          kind="file"
          id={path}
          text={path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path}
          search={search}
          onSelect={() => go(filesAddress(target, sandboxId, path))}
        />
      ))}
    </Group>
  )
}

function FoundEntry({
  kind,
  id,
  text,
  search,
  display,
  detail,
  onSelect,
}: {
  kind: string
  id: string
  text: string
  /** Listed as a keyword too: the palette must not drop what was found by other rules than its own. */
  search: string
  display?: StateDisplay
  detail?: string
  onSelect: () => void
}) {
  const [line = ''] = text.split('\n').filter((one) => one.trim() !== '')
  return (
    <Entry value={visibleText(`${kind} ${id} ${line}`)} keywords={[search]} onSelect={onSelect}>
      {display && (
        <span className={`${toneClass[display.tone]} text-tone`}>
          <StateGlyph glyph={display.glyph} className="size-2.5" />
        </span>
      )}
      <span className="truncate font-mono" title={visibleText(text, { lines: true })}>
        <OutsideText text={line} />
      </span>
      <span className="text-label whitespace-nowrap text-ink-3">
        <OutsideText text={[detail, display?.word].filter(Boolean).join(' · ')} />
      </span>
    </Entry>
  )
}

/** Whether a text contains every typed word; case does not matter. */
function matches(text: string, search: string): boolean {
  const lower = text.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word))
}

/** The text once the user has paused typing. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), typingPauseMs)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
