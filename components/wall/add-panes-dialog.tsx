'use client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Command } from 'cmdk'
import { Check } from 'lucide-react'
import { useState } from 'react'
import { sortSessions } from '@/components/execution/sort-sessions'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { OutsideText } from '@/components/ui/outside-text'
import { executionDisplay, type StateDisplay, sessionDisplay, toneClass } from '@/components/ui/state-display'
import { StateGlyph } from '@/components/ui/state-glyph'
import { counted } from '@/lib/display/counted'
import { visibleText } from '@/lib/display/visible-text'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { ptysQuery, runsQuery, sandboxesQuery, sessionsQuery } from '@/lib/queries/reads'
import { maxWallPanes, type PaneRef, paneKey } from './wall-state'

/** The content of this many sandboxes is listed; a search by name leads to the others. */
const maxListedSandboxes = 12
const maxListedRuns = 8

/** Chooses panes among the sessions, runs and terminals of all running sandboxes. */
export function AddPanesDialog({
  target,
  plain,
  open,
  onOpenChange,
  panes,
  onChange,
}: {
  target: string
  /** The target reports no changes. */
  plain: boolean
  open: boolean
  onOpenChange: (open: boolean) => void
  panes: readonly PaneRef[]
  onChange: (panes: readonly PaneRef[]) => void
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      size="lg"
      title="Add panes"
      description="Sessions show the command that they run now. Select as many as you like."
    >
      <Choices target={target} plain={plain} panes={panes} onChange={onChange} />
      <DialogActions>
        <span className="mr-auto text-label text-ink-3">
          {counted(panes.length, 'pane')} on this wall, at most {maxWallPanes}
        </span>
        <Button variant="primary" size="lg" onClick={() => onOpenChange(false)}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  )
}

interface ChoiceProps {
  target: string
  plain: boolean
  panes: readonly PaneRef[]
  onChange: (panes: readonly PaneRef[]) => void
}

function Choices(props: ChoiceProps) {
  const [search, setSearch] = useState('')
  const { data: sandboxes = [] } = useQuery(sandboxesQuery(props.target))
  const [first = ''] = search.toLowerCase().trim().split(/\s+/)
  const started = sandboxes.filter(({ state }) => state === 'started')
  const named = started.filter(({ name }) => name.toLowerCase().includes(first))
  const listed = (named.length > 0 ? named : started).slice(0, maxListedSandboxes)
  const leftOut = started.length - listed.length
  return (
    <Command label="Panes" loop className="flex min-h-0 flex-col">
      <Command.Input
        autoFocus
        value={search}
        onValueChange={setSearch}
        placeholder="Sandbox, session, run or terminal"
        className="h-9 w-full rounded-control border border-control bg-canvas px-3 text-body text-ink outline-none pointer-coarse:text-[16px]"
      />
      <Command.List className="mt-2 h-[min(380px,44vh)] overflow-auto">
        <Command.Empty className="px-3 py-6 text-center text-body text-ink-3">
          {started.length === 0 ? 'No sandbox is running.' : 'No results'}
        </Command.Empty>
        {listed.map((sandbox) => (
          <SandboxChoices key={sandbox.id} sandbox={sandbox} {...props} />
        ))}
        {leftOut > 0 && (
          <p className="px-2.5 py-2 text-label text-ink-3">
            {counted(leftOut, 'more sandbox', 'more sandboxes')}: type the start of a name.
          </p>
        )}
      </Command.List>
    </Command>
  )
}

interface Choice {
  pane: PaneRef
  kind: string
  title: string
  display: StateDisplay | null
}

function SandboxChoices({ sandbox, target, plain, panes, onChange }: ChoiceProps & { sandbox: SandboxListItem }) {
  const { id: sandboxId, name } = sandbox
  const { data: sessions = [] } = useQuery(sessionsQuery(target, sandboxId))
  const { data: runs } = useInfiniteQuery(runsQuery(target, sandboxId))
  const { data: ptys = [] } = useQuery(ptysQuery(target, sandboxId, !plain))
  const choices: Choice[] = [
    ...sortSessions(sessions).map((session) => ({
      pane: { kind: 'session' as const, sandboxId, sessionId: session.sessionId },
      kind: 'session',
      title: session.sessionId,
      display: sessionDisplay(session),
    })),
    ...(runs?.pages[0]?.runs ?? []).slice(0, maxListedRuns).map((run) => ({
      pane: { kind: 'run' as const, sandboxId, runId: run.id },
      kind: 'run',
      title: run.title,
      display: executionDisplay(run, run.timeoutSeconds),
    })),
    ...ptys.map((pty) => ({
      pane: { kind: 'terminal' as const, sandboxId, ptyId: pty.id },
      kind: 'terminal',
      title: pty.id,
      display: null,
    })),
  ]
  if (choices.length === 0) return null
  return (
    <Command.Group
      heading={<OutsideText text={name} />}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:font-mono [&_[cmdk-group-heading]]:text-meta [&_[cmdk-group-heading]]:text-ink-3"
    >
      {choices.map(({ pane, kind, title, display }) => {
        const key = paneKey(pane)
        const chosen = panes.some((one) => paneKey(one) === key)
        const toggle = () =>
          onChange(chosen ? panes.filter((one) => paneKey(one) !== key) : [...panes, pane].slice(0, maxWallPanes))
        return (
          <Command.Item
            key={key}
            value={visibleText(`${name} ${kind} ${title} ${key}`)}
            onSelect={toggle}
            className="flex h-8 cursor-default items-center gap-2.5 rounded-control px-2.5 text-body text-ink select-none data-[selected=true]:bg-hover pointer-coarse:h-11"
          >
            <span className="flex size-4 shrink-0 items-center justify-center rounded-chip border border-control">
              {chosen && <Check size={12} strokeWidth={2} aria-hidden="true" />}
            </span>
            <span className="w-16 shrink-0 text-label text-ink-3">{kind}</span>
            <span className="min-w-0 truncate font-mono">
              <OutsideText text={title} />
            </span>
            {display && (
              <span
                className={`${toneClass[display.tone]} ml-auto flex shrink-0 items-center gap-1.5 text-label text-tone`}
              >
                <StateGlyph glyph={display.glyph} className="size-2.5" />
                <OutsideText text={display.word} />
              </span>
            )}
            {chosen && <span className="sr-only">, on this wall</span>}
          </Command.Item>
        )
      })}
    </Command.Group>
  )
}
