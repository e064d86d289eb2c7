'use client'
import {
  ArrowDown,
  ArrowUp,
  Eraser,
  FastForward,
  ListVideo,
  MoreHorizontal,
  Play,
  Plus,
  Square,
  SquareTerminal,
  Trash2,
} from 'lucide-react'
import { memo } from 'react'
import type { CellEditorHandle } from '@/components/editor/cell-editor'
import type { EditorLanguage } from '@/components/editor/languages'
import { replayAddress } from '@/components/target/replay-address'
import { Age } from '@/components/ui/age'
import { IconButton } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { Menu, MenuItem, MenuLink, MenuSeparator } from '@/components/ui/menu'
import { OutsideText } from '@/components/ui/outside-text'
import { formatDuration } from '@/components/ui/quantity'
import { toneClass } from '@/components/ui/state-display'
import { StateGlyph } from '@/components/ui/state-glyph'
import { targetPath } from '@/lib/queries/read'
import { type Cell, isBusy } from './cell'
import { cellDisplay } from './cell-display'
import { CellOutputView } from './cell-output-view'
import { LazyEditor } from './lazy-editor'

export interface CellActions {
  run(id: string): void
  runAbove(id: string): void
  interrupt(): void
  change(id: string, source: string): void
  select(id: string): void
  leave(id: string, by: -1 | 1): void
  remove(id: string): void
  move(id: string, by: -1 | 1): void
  insertBelow(id: string): void
  clear(id: string): void
  toggleKind(id: string): void
  /** Start the code as a run of its own, without the variables of the context. */
  runAlone(id: string): void
  showLine(id: string, line: number): void
  /** The editor of the cell was created, or removed. */
  register(id: string, editor: CellEditorHandle | null): void
}

/** Leads to the replay of what a cell has printed; nothing before the cell has run. */
function ReplayLink({ target, sandboxId, run }: { target: string; sandboxId: string; run: Cell['run'] }) {
  if (run?.runId == null) return null
  const { contextId, runId } = run
  return (
    <MenuLink
      icon={<ListVideo strokeWidth={1.5} />}
      href={replayAddress(target, sandboxId, { kind: 'cell', contextId, runId })}
    >
      Replay output
    </MenuLink>
  )
}

/** One cell: its state in the gutter, its code, and what it produced. */
export const CellView = memo(function CellView({
  sandboxId,
  target,
  cell,
  position,
  selected,
  language,
  disabled,
  canInterrupt,
  actions,
}: {
  sandboxId: string
  target: string
  cell: Cell
  /** Counted from 1, for names. */
  position: number
  selected: boolean
  language: EditorLanguage
  /** Nothing can run now. */
  disabled: boolean
  canInterrupt: boolean
  actions: CellActions
}) {
  const { id, run } = cell
  const busy = isBusy(cell)
  const isCode = cell.kind === 'code'
  const downloadUrl =
    run?.runId != null
      ? targetPath(target, 'sandboxes', sandboxId, 'contexts', run.contextId, 'runs', run.runId, 'output')
      : null
  return (
    <li
      aria-label={`Cell ${position}`}
      data-cell={id}
      className={classNames(
        'group grid grid-cols-[7.5rem_minmax(0,1fr)] border-b border-line max-sm:grid-cols-1',
        selected && 'bg-raised/40',
      )}
    >
      <div
        className={classNames(
          'flex flex-col gap-0.5 border-l-2 py-2 pr-2 pl-2 max-sm:flex-row max-sm:items-center max-sm:gap-2 max-sm:py-1',
          selected ? 'border-accent' : 'border-transparent',
        )}
      >
        <Gutter cell={cell} />
      </div>
      <div className="min-w-0 pr-2 pb-1 max-sm:pl-2">
        <div className="flex min-w-0 items-start gap-1">
          <div className="min-w-0 flex-1">
            <LazyEditor
              ref={(handle: CellEditorHandle | null) => actions.register(id, handle)}
              value={cell.source}
              language={isCode ? language : null}
              label={`${isCode ? 'Code' : 'Text'} of cell ${position}`}
              hint={isCode ? 'type code, Shift+Enter runs' : 'type text'}
              onChange={(text) => actions.change(id, text)}
              onFocus={() => actions.select(id)}
              onLeave={(by) => actions.leave(id, by)}
            />
          </div>
          <div className="flex shrink-0 items-center pt-1">
            {isCode && busy && canInterrupt && run?.state !== 'waiting' ? (
              <IconButton
                size="sm"
                label="Interrupt"
                hotkey="cell.interrupt"
                icon={<Square strokeWidth={1.5} />}
                onClick={actions.interrupt}
              />
            ) : (
              isCode && (
                <IconButton
                  size="sm"
                  label={`Run cell ${position}`}
                  icon={<Play strokeWidth={1.5} />}
                  disabled={disabled || busy}
                  onClick={() => actions.run(id)}
                />
              )
            )}
            <Menu
              label={`Cell ${position}`}
              trigger={
                <IconButton
                  size="sm"
                  label={`More actions for cell ${position}`}
                  icon={<MoreHorizontal strokeWidth={1.5} />}
                />
              }
            >
              {isCode && (
                <MenuItem
                  icon={<FastForward strokeWidth={1.5} />}
                  disabled={disabled}
                  onSelect={() => actions.runAbove(id)}
                >
                  Run all above
                </MenuItem>
              )}
              {isCode && (
                <MenuItem
                  icon={<SquareTerminal strokeWidth={1.5} />}
                  disabled={disabled || cell.source.trim() === ''}
                  onSelect={() => actions.runAlone(id)}
                >
                  Run on its own
                </MenuItem>
              )}
              <MenuItem icon={<Plus strokeWidth={1.5} />} onSelect={() => actions.insertBelow(id)}>
                New cell below
              </MenuItem>
              <MenuItem icon={<ArrowUp strokeWidth={1.5} />} onSelect={() => actions.move(id, -1)}>
                Move up
              </MenuItem>
              <MenuItem icon={<ArrowDown strokeWidth={1.5} />} onSelect={() => actions.move(id, 1)}>
                Move down
              </MenuItem>
              <MenuItem disabled={busy} onSelect={() => actions.toggleKind(id)}>
                {isCode ? 'Change to text' : 'Change to code'}
              </MenuItem>
              {isCode && (
                <MenuItem icon={<Eraser strokeWidth={1.5} />} disabled={busy} onSelect={() => actions.clear(id)}>
                  Clear output
                </MenuItem>
              )}
              {/* A target that can interrupt cells records the times of their output, too. */}
              {canInterrupt && <ReplayLink target={target} sandboxId={sandboxId} run={run} />}
              <MenuSeparator />
              <MenuItem danger icon={<Trash2 strokeWidth={1.5} />} disabled={busy} onSelect={() => actions.remove(id)}>
                Delete cell
              </MenuItem>
            </Menu>
          </div>
        </div>
        {isCode && (cell.outputs.length > 0 || run !== null) && (
          <section
            aria-label={`Output of cell ${position}`}
            className={classNames('flex min-w-0 flex-col gap-1 pb-2 pl-2', run?.away && 'opacity-60')}
          >
            <CellOutputView
              sandboxId={sandboxId}
              cell={cell}
              downloadUrl={downloadUrl}
              onLine={(line) => actions.showLine(id, line)}
            />
            <RunNote cell={cell} />
          </section>
        )}
      </div>
    </li>
  )
})

function Gutter({ cell }: { cell: Cell }) {
  const display = cellDisplay(cell)
  const { run } = cell
  if (cell.kind !== 'code')
    return (
      <span className="font-mono text-label text-ink-3">
        <OutsideText text={cell.kind} />
      </span>
    )
  const isDone = display?.word === 'done'
  return (
    <>
      <span className="font-mono text-label text-ink-3">In {cell.executionCount ?? '*'}</span>
      {display && (
        <span
          className={classNames(
            toneClass[display.tone],
            'flex flex-wrap items-center gap-x-1.5 text-label whitespace-nowrap text-tone',
          )}
        >
          <StateGlyph glyph={display.glyph} />
          <span className={isDone ? 'sr-only' : undefined}>{display.word}</span>
          {display.since && <Age since={display.since} />}
          {!display.since && run?.durationMs != null && (
            <span className="text-ink-3">{formatDuration(run.durationMs)}</span>
          )}
        </span>
      )}
    </>
  )
}

/** What the state does not say: why there is no more output, or that the variables are lost. */
function RunNote({ cell: { run, outputs } }: { cell: Cell }) {
  if (run === null) return null
  const isSaid = outputs.some((output) => output.kind === 'error' && output.value === run.message)
  const text = run.away ?? (isSaid ? null : run.message)
  if (text === null && run.stateAfter !== 'lost') return null
  return (
    <p role="status" className="text-label text-ink-2">
      {text !== null && <OutsideText text={text} />}{' '}
      {run.stateAfter === 'lost' && 'The variables of this context are lost.'}
    </p>
  )
}
