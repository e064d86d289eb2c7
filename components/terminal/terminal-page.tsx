'use client'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { Group, Panel } from 'react-resizable-panels'
import { useApiAccess } from '@/components/execution/api-access'
import { useHotkey } from '@/components/keys/hotkeys'
import { useTarget } from '@/components/target/target-provider'
import { maxTerminalPanes } from '@/components/target/terminal-location'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { useInBrowser } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { PaneSeparator } from '@/components/ui/pane-separator'
import { SkeletonRows } from '@/components/ui/skeleton'
import { useMediaQuery } from '@/components/ui/use-media-query'
import type { PtyDetail } from '@/lib/process-api/pty'
import { toCallFailure } from '@/lib/queries/call-failure'
import { ptysQuery, sandboxQuery } from '@/lib/queries/reads'
import { createTerminalCall } from './calls'
import { CreateTerminalDialog, freeTerminalId } from './create-terminal-dialog'
import { type NewTerminal, useCreateTerminal } from './terminal-mutations'
import { TerminalPane } from './terminal-pane'
import { type TerminalSignals, TerminalTabs } from './terminal-tabs'
import { useHiddenSignals } from './use-hidden-signals'
import { useTerminalDrop } from './use-terminal-drop'
import { useTerminalPanes } from './use-terminal-panes'

/** The Terminal page of a sandbox. The layout is stored in the browser, so the server renders only an empty frame. */
export function TerminalPage({ sandboxId }: { sandboxId: string }) {
  const inBrowser = useInBrowser()
  return inBrowser ? <Terminals sandboxId={sandboxId} /> : <div className="min-h-0 flex-1 bg-term" />
}

/** What this page knows of a terminal beyond the list, to start it again after it ended. */
interface StartSettings {
  terminal: NewTerminal
  command: string | null
  /** The user chose the size. */
  hasFixedSize: boolean
}

function Terminals({ sandboxId }: { sandboxId: string }) {
  const target = useTarget()
  const wide = useMediaQuery('(min-width: 768px)')
  const { panes, go, settle, stored } = useTerminalPanes(sandboxId)
  const { data: sandbox } = useQuery(sandboxQuery(target, sandboxId))
  const { terminals: keepsScreens } = useCapabilities(sandboxId)
  const running = sandbox?.state === 'started'
  const { data: ptys, error, refetch } = useQuery({ ...ptysQuery(target, sandboxId, keepsScreens), enabled: running })
  const create = useCreateTerminal(sandboxId, !keepsScreens)
  const api = useApiAccess(sandboxId)
  const area = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState<string | null>(null)
  const [focusOn, setFocusOn] = useState<string | null>(null)
  const [dialogOpen, setDialogOpen] = useState(false)
  const [signals, setSignals] = useState<Readonly<Record<string, TerminalSignals>>>({})
  const [settings] = useState(() => new Map<string, StartSettings>())
  const [firstInputs] = useState(() => new Map<string, string>())

  const current = active !== null && panes.includes(active) ? active : (panes[0] ?? null)
  const shown = wide ? panes : panes.filter((id) => id === current)
  const tabs = tabIds(ptys ?? [], panes)

  useEffect(() => {
    for (const pty of ptys ?? []) if (!settings.has(pty.id)) settings.set(pty.id, settingsOf(pty))
  }, [ptys, settings])

  const firstId = ptys?.[0]?.id
  useEffect(() => {
    if (panes.length > 0 || firstId === undefined) return
    // Show the last layout, as far as its terminals still exist, or the oldest terminal.
    const known = stored().filter((id) => ptys?.some((pty) => pty.id === id))
    settle(known.length > 0 ? known : [firstId])
  }, [panes.length, firstId, ptys, settle, stored])

  const show = (id: string) => {
    setActive(id)
    setFocusOn(id)
    if (!panes.includes(id)) go(current === null ? [id] : panes.map((one) => (one === current ? id : one)))
  }
  const opened = (terminal: NewTerminal, command: string | null, beside: boolean) => {
    const { ptyId } = terminal
    settings.set(ptyId, { terminal, command, hasFixedSize: terminal.cols !== undefined })
    if (command !== null) firstInputs.set(ptyId, `${command}\r`)
    setActive(ptyId)
    setFocusOn(ptyId)
    go(beside || current === null ? [...panes, ptyId] : panes.map((one) => (one === current ? ptyId : one)))
  }
  const createHere = (beside: boolean) => {
    if (!running || create.isPending) return
    const terminal = { ptyId: freeTerminalId(tabs) }
    create.mutate(terminal, { onSuccess: () => opened(terminal, null, beside) })
  }
  const canSplit = running && panes.length > 0 && panes.length < maxTerminalPanes
  useHotkey('new.here', () => createHere(false), running)
  useHotkey('terminal.split', () => createHere(true), canSplit)

  const setSignal = useCallback((id: string, signal: TerminalSignals) => {
    setSignals((before) => ({ ...before, [id]: signal }))
  }, [])
  useTerminalDrop(area, wide && tabs.length > 0, (id, position) => {
    const left = panes.slice(0, position).filter((one) => one !== id)
    const right = panes.slice(position).filter((one) => one !== id)
    if (left.length + right.length >= maxTerminalPanes) return
    setActive(id)
    setFocusOn(id)
    go([...left, id, ...right])
  })
  const hidden = useHiddenSignals(ptys ?? noPtys, shown)
  const takeFirstInput = (id: string) => {
    const text = firstInputs.get(id) ?? null
    firstInputs.delete(id)
    return text
  }
  const restart = async (id: string) => {
    const known = settings.get(id)
    await create.mutateAsync(known?.terminal ?? { ptyId: id })
    return known?.command ? `${known.command}\r` : null
  }

  if (sandbox && !running) return <Note>The sandbox is not running.</Note>
  if (!ptys && error) {
    return <ErrorState failure={toCallFailure(error)} onRetry={() => refetch()} details={`terminals of ${sandboxId}`} />
  }
  if (!ptys) return <SkeletonRows rows={4} label="Loading the terminals" />
  const dialog = (
    <CreateTerminalDialog
      sandboxId={sandboxId}
      plain={!keepsScreens}
      open={dialogOpen}
      taken={tabs}
      onClose={() => setDialogOpen(false)}
      onCreated={(terminal, command) => {
        setDialogOpen(false)
        opened(terminal, command, false)
      }}
    />
  )
  if (tabs.length === 0) {
    return (
      <div className="min-h-0 flex-1 overflow-auto bg-surface">
        <EmptyState
          title="No terminals yet."
          action={
            <>
              <Button variant="primary" hotkey="new.here" busy={create.isPending} onClick={() => createHere(false)}>
                New terminal
              </Button>
              <Button onClick={() => setDialogOpen(true)}>With options…</Button>
            </>
          }
          call={createTerminalCall(api, sandboxId, 'sh-1')}
        >
          {create.error && <ErrorState compact failure={toCallFailure(create.error)} />}A terminal is a shell with a
          screen. Its programs keep running when you close this page.
        </EmptyState>
        {dialog}
      </div>
    )
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <TerminalTabs
        sandboxId={sandboxId}
        ids={tabs}
        ptys={ptys}
        shown={shown}
        current={current}
        signals={{ ...signals, ...hidden }}
        canSplit={canSplit && wide}
        busy={create.isPending}
        onSelect={show}
        onCreate={() => createHere(false)}
        onOptions={() => setDialogOpen(true)}
        onSplit={() => createHere(true)}
      />
      {!keepsScreens && (
        <p className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
          <span className="font-mono">
            <OutsideText text={target} />
          </span>{' '}
          does not keep the screens of terminals: after a reload, a terminal shows only what is printed from then on.
        </p>
      )}
      {create.error && (
        <div className="shrink-0 border-b border-line p-2">
          <ErrorState compact failure={toCallFailure(create.error)} />
        </div>
      )}
      <div ref={area} className="flex min-h-0 flex-1">
        <Group orientation="horizontal" className="min-h-0 flex-1">
          {shown.flatMap((id, index) => [
            ...(index === 0 ? [] : [<PaneSeparator key={`before ${id}`} label="Resize terminals" />]),
            <Panel key={id} id={id} minSize={160}>
              <TerminalPane
                sandboxId={sandboxId}
                ptyId={id}
                pty={ptys.find((pty) => pty.id === id) ?? null}
                isActive={id === current}
                wantsFocus={focusOn === id}
                hasFixedSize={settings.get(id)?.hasFixedSize ?? false}
                onFocused={() => {
                  setActive(id)
                  setFocusOn(null)
                }}
                canClose={panes.length > 1}
                onClose={() => go(panes.filter((one) => one !== id))}
                onSplit={() => {
                  if (canSplit) createHere(true)
                }}
                takeFirstInput={() => takeFirstInput(id)}
                onRestart={() => restart(id)}
                onSignals={setSignal}
              />
            </Panel>,
          ])}
        </Group>
      </div>
      {dialog}
    </div>
  )
}

const noPtys: readonly PtyDetail[] = []

function Note({ children }: { children: string }) {
  return <p className="flex-1 bg-surface px-3 py-3 text-body text-ink-3">{children}</p>
}

/** The terminals of the list, oldest first, and those in the address that have ended. */
function tabIds(ptys: readonly PtyDetail[], panes: readonly string[]): string[] {
  const listed = [...ptys].sort((a, b) => a.createdAt.localeCompare(b.createdAt)).map((pty) => pty.id)
  return [...listed, ...panes.filter((id) => !listed.includes(id))]
}

/** The settings of a terminal that another page or program created. */
function settingsOf({ id, cwd, envs, cols, rows }: PtyDetail): StartSettings {
  const { TERM: _, ...rest } = envs
  return { terminal: { ptyId: id, cwd, envs: rest, cols, rows }, command: null, hasFixedSize: false }
}
