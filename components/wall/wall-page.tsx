'use client'
import './wall.css'
import { useQuery } from '@tanstack/react-query'
import { LayoutGrid, Plus } from 'lucide-react'
import Link from 'next/link'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useHotkey, usePlainKeys } from '@/components/keys/hotkeys'
import { useNavigate } from '@/components/live/navigation-guard'
import { wallAddress } from '@/components/target/addresses'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { Select } from '@/components/ui/field'
import { counted } from '@/lib/display/counted'
import { sandboxesQuery } from '@/lib/queries/reads'
import { AddPanesDialog } from './add-panes-dialog'
import { RulesDialog } from './rules-dialog'
import { Throughput } from './throughput'
import { useIsPlain, useRuleMembers } from './use-rule-members'
import { useWall } from './use-wall'
import { ViewMenu } from './view-menu'
import { WallFoot } from './wall-foot'
import { columnsFor, paneAfterKey } from './wall-layout'
import { paneAddress, WallPane } from './wall-pane'
import { formatWall, maxWallColumns, maxWallPanes, type PaneRef, paneKey, withoutDuplicates } from './wall-state'

const minRowHeight = 160
const columnChoices = Array.from({ length: maxWallColumns }, (_, index) => index + 1)

/** Live panes of many sandboxes side by side. What is shown is in the address. */
export function WallPage() {
  const target = useTarget()
  const [wall, change] = useWall()
  const [adding, setAdding] = useState(false)
  const [ruling, setRuling] = useState(false)
  /** Panes of rules that were removed by hand. */
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set())
  const { data: sandboxes } = useQuery(sandboxesQuery(target))
  const members = useRuleMembers(target, wall.rules, wall.leaveSeconds)
  const joined = members.panes.filter((pane) => !dismissed.has(paneKey(pane)))
  const all = withoutDuplicates([...wall.panes, ...joined])
  const panes = all.slice(0, maxWallPanes)
  const plain = useIsPlain(target, sandboxes?.find(({ state }) => state === 'started')?.id ?? null)
  const [throughput] = useState(() => new Throughput())
  useHotkey('new.here', () => setAdding(true))

  const remove = (pane: PaneRef) => {
    const key = paneKey(pane)
    setDismissed((before) => new Set([...before, key]))
    change({ panes: wall.panes.filter((one) => paneKey(one) !== key) })
  }
  const nameOf = (sandboxId: string) => sandboxes?.find(({ id }) => id === sandboxId)?.name ?? sandboxId.slice(0, 8)
  const merged = `${wallAddress(target, 'merged')}?${formatWall({ ...wall, panes, rules: [] })}`

  return (
    <section aria-label="Live wall" data-pane="" tabIndex={-1} className="flex min-h-0 flex-1 flex-col bg-surface">
      <header className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <h1 className="mr-1 text-title font-semibold">Live wall</h1>
        <ViewMenu target={target} wall={wall} onChange={change} />
        <div className="ml-auto flex flex-wrap items-center gap-2">
          <Button onClick={() => setRuling(true)}>
            {wall.rules.length === 0 ? 'Rules…' : counted(wall.rules.length, 'rule')}
          </Button>
          <Select
            small
            className="max-sm:hidden"
            aria-label="Columns"
            value={wall.columns ?? ''}
            onChange={(event) => change({ columns: event.target.value === '' ? null : Number(event.target.value) })}
          >
            <option value="">Columns: auto</option>
            {columnChoices.map((columns) => (
              <option key={columns} value={columns}>
                {counted(columns, 'column')}
              </option>
            ))}
          </Select>
          {panes.length > 0 && (
            <Button asChild>
              <Link href={merged} prefetch={false}>
                Merge by time
              </Link>
            </Button>
          )}
          <Button variant="primary" icon={<Plus strokeWidth={1.5} />} hotkey="new.here" onClick={() => setAdding(true)}>
            Add panes
          </Button>
        </div>
      </header>
      {plain && (
        <p className="shrink-0 border-b border-line bg-raised px-4 py-1.5 text-body text-ink-2">
          This target does not push changes, so new commands and states appear within a few seconds.
        </p>
      )}
      {panes.length === 0 ? (
        <EmptyState
          title="Nothing on this wall yet"
          action={
            <>
              <Button variant="primary" size="lg" icon={<Plus strokeWidth={1.5} />} onClick={() => setAdding(true)}>
                Add panes
              </Button>
              <Button size="lg" icon={<LayoutGrid strokeWidth={1.5} />} onClick={() => setRuling(true)}>
                Add a rule…
              </Button>
            </>
          }
        >
          {wall.rules.length === 0
            ? 'Add sessions, runs and terminals of any sandbox, or a rule that lets running sessions join by themselves.'
            : 'Sessions that match a rule join as soon as they run a command.'}
        </EmptyState>
      ) : (
        <Grid
          count={panes.length}
          columns={wall.columns}
          onOpen={(index) => panes[index] && paneAddress(target, panes[index])}
          onRemove={(index) => panes[index] && remove(panes[index])}
        >
          {(selected) =>
            panes.map((pane, index) => (
              <WallPane
                key={paneKey(pane)}
                target={target}
                pane={pane}
                plain={plain}
                sandbox={nameOf(pane.sandboxId)}
                joined={!wall.panes.some((one) => paneKey(one) === paneKey(pane))}
                tabIndex={index === selected ? 0 : -1}
                onRemove={() => remove(pane)}
                onReceived={throughput.add}
              />
            ))
          }
        </Grid>
      )}
      {(panes.length > 0 || members.leftOut > 0) && (
        <WallFoot
          panes={panes.length}
          hidden={all.length - panes.length}
          leftOut={members.leftOut}
          throughput={throughput}
        />
      )}
      <AddPanesDialog
        target={target}
        plain={plain}
        open={adding}
        onOpenChange={setAdding}
        panes={wall.panes}
        onChange={(next) => change({ panes: next })}
      />
      <RulesDialog
        open={ruling}
        onOpenChange={setRuling}
        rules={wall.rules}
        leaveSeconds={wall.leaveSeconds}
        onChange={change}
      />
    </section>
  )
}

/** The panes in rows of equal height. Rows that do not fit are scrolled to, and cost nothing until then. */
function Grid({
  count,
  columns: chosen,
  onOpen,
  onRemove,
  children,
}: {
  count: number
  columns: number | null
  /** @returns the address of the pane */
  onOpen: (index: number) => string | undefined
  onRemove: (index: number) => void
  children: (selected: number) => React.ReactNode
}) {
  const grid = useRef<HTMLElement>(null)
  const [width, setWidth] = useState(0)
  const [selected, setSelected] = useState(0)
  const { plainKeys } = usePlainKeys()
  const go = useNavigate()
  useEffect(() => {
    if (!grid.current) return
    const resizes = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0))
    resizes.observe(grid.current)
    return () => resizes.disconnect()
  }, [])
  const columns = columnsFor(count, width, chosen)
  const rows = Math.ceil(count / columns)
  const shown = Math.min(selected, count - 1)

  const paneAt = (index: number) => grid.current?.querySelectorAll<HTMLElement>('[data-wall-pane]')[index]
  const indexOf = (element: EventTarget) => {
    const panes: EventTarget[] = [...(grid.current?.querySelectorAll('[data-wall-pane]') ?? [])]
    return panes.indexOf(element)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    // Keys in a button of a pane belong to the button.
    const index = indexOf(event.target)
    if (index === -1) return
    const next = paneAfterKey(event.key, index, count, columns)
    const address = event.key === 'Enter' ? onOpen(index) : undefined
    if (next !== null) paneAt(next)?.focus()
    else if (address !== undefined) go(address)
    else if (event.key === 'Delete' || (event.key === 'x' && plainKeys)) {
      onRemove(index)
      // The next pane takes the position of the removed one.
      requestAnimationFrame(() => paneAt(Math.min(index, count - 2))?.focus())
    } else return
    event.preventDefault()
  }
  return (
    <section
      ref={grid}
      aria-label="Panes"
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        const index = indexOf(event.target)
        if (index !== -1) setSelected(index)
      }}
      className="grid min-h-0 flex-1 gap-px overflow-auto bg-line"
      style={{
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        gridTemplateRows: `repeat(${rows}, minmax(${minRowHeight}px, 1fr))`,
      }}
    >
      {width > 0 && children(shown)}
    </section>
  )
}
