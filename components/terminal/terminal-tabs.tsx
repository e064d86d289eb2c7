'use client'
import { Bell, ChevronDown, Columns2, Plus } from 'lucide-react'
import type { MouseEvent } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { terminalPath } from '@/components/target/terminal-location'
import { Button, IconButton } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { Menu, MenuItem } from '@/components/ui/menu'
import { OutsideText } from '@/components/ui/outside-text'
import { toneClass } from '@/components/ui/state-display'
import { StateGlyph } from '@/components/ui/state-glyph'
import { visibleText } from '@/lib/display/visible-text'
import type { PtyDetail } from '@/lib/process-api/pty'
import type { Progress } from './pty-terminal'
import { terminalDragType } from './use-terminal-drop'

/** What a terminal shows in its tab. */
export interface TerminalSignals {
  title: string
  bell: boolean
  progress: Progress | null
  /** The terminal has ended, as this page saw it. */
  ended: boolean
}

const noSignals: TerminalSignals = { title: '', bell: false, progress: null, ended: false }

/** The strip of a sandbox's terminals, with those of other clients, and what creates more. */
export function TerminalTabs({
  sandboxId,
  ids,
  ptys,
  shown,
  current,
  signals,
  canSplit,
  busy,
  onSelect,
  onCreate,
  onOptions,
  onSplit,
}: {
  sandboxId: string
  ids: readonly string[]
  ptys: readonly PtyDetail[]
  /** Terminals that are visible now. */
  shown: readonly string[]
  current: string | null
  signals: Readonly<Record<string, TerminalSignals>>
  canSplit: boolean
  busy: boolean
  onSelect: (id: string) => void
  onCreate: () => void
  onOptions: () => void
  onSplit: () => void
}) {
  const target = useTarget()
  return (
    <div className="flex h-9 shrink-0 items-center gap-1 border-b border-line bg-surface pr-1.5 pl-2 pointer-coarse:h-12">
      <ul aria-label="Terminals" className="flex h-full min-w-0 items-stretch gap-0.5 overflow-x-auto">
        {ids.map((id) => (
          <li key={id} className="flex shrink-0">
            <TerminalTab
              id={id}
              href={terminalPath(target, sandboxId, [id])}
              alive={ptys.some((pty) => pty.id === id)}
              visible={shown.includes(id)}
              current={id === current}
              signals={signals[id] ?? noSignals}
              onSelect={() => onSelect(id)}
            />
          </li>
        ))}
      </ul>
      <div className="flex shrink-0 items-center">
        <IconButton
          size="sm"
          label="New terminal"
          hotkey="new.here"
          disabled={busy}
          icon={<Plus strokeWidth={1.5} />}
          onClick={onCreate}
        />
        <Menu
          label="New terminal"
          align="start"
          trigger={<IconButton size="sm" label="More options" icon={<ChevronDown strokeWidth={1.5} />} />}
        >
          <MenuItem icon={<Plus strokeWidth={1.5} />} hotkey="new.here" onSelect={onCreate}>
            New terminal
          </MenuItem>
          <MenuItem onSelect={onOptions}>New terminal with options…</MenuItem>
        </Menu>
      </div>
      {canSplit && (
        <Button
          size="sm"
          hotkey="terminal.split"
          className="ml-auto max-md:hidden"
          icon={<Columns2 strokeWidth={1.5} />}
          onClick={onSplit}
        >
          Split
        </Button>
      )}
    </div>
  )
}

function TerminalTab({
  id,
  href,
  alive,
  visible,
  current,
  signals,
  onSelect,
}: {
  id: string
  href: string
  alive: boolean
  visible: boolean
  current: boolean
  signals: TerminalSignals
  onSelect: () => void
}) {
  const onClick = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return
    event.preventDefault()
    onSelect()
  }
  const { title, bell, progress } = signals
  return (
    <a
      href={href}
      aria-current={current ? 'true' : undefined}
      title={visibleText(title || id)}
      onClick={onClick}
      onDragStart={(event) => event.dataTransfer.setData(terminalDragType, id)}
      className={classNames(
        'focus-inset relative flex max-w-56 items-center gap-1.5 px-2 font-mono text-label whitespace-nowrap transition-colors',
        visible ? 'text-ink' : 'text-ink-2 hover:text-ink',
        current && 'after:absolute after:inset-x-0 after:bottom-0 after:h-0.5 after:bg-accent',
      )}
    >
      <span className={`${alive ? toneClass.run : toneClass.off} text-tone`}>
        <StateGlyph glyph={alive ? 'running' : 'idle'} className="size-2.5" />
      </span>
      <span className="truncate">
        <OutsideText text={id} />
      </span>
      {!alive && <span className="text-ink-3">ended</span>}
      {progress && <ProgressNote progress={progress} />}
      {bell && (
        <span role="img" aria-label="bell" className="tone-time text-tone">
          <Bell size={12} strokeWidth={1.5} aria-hidden="true" />
        </span>
      )}
    </a>
  )
}

function ProgressNote({ progress: { state, value } }: { progress: Progress }) {
  const tone = state === 'error' ? 'tone-fail' : state === 'paused' ? 'tone-time' : 'tone-run'
  const word = value === null ? 'working' : `${value} %`
  return (
    <span className={`${tone} text-meta text-tone tabular-nums`}>
      {word}
      {state === 'normal' ? '' : ` ${state}`}
    </span>
  )
}
