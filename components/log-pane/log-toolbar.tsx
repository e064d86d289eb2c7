'use client'
import {
  Accessibility,
  ArrowDownToLine,
  Clock,
  Copy,
  Ellipsis,
  Eraser,
  Hash,
  Highlighter,
  ListOrdered,
  Pilcrow,
  Play,
  Rows3,
  Search,
  WrapText,
} from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '@/components/ui/button'
import { copyText } from '@/components/ui/copy-text'
import {
  Menu,
  MenuCheckboxItem,
  MenuItem,
  MenuLabel,
  MenuLink,
  MenuRadioGroup,
  MenuSeparator,
} from '@/components/ui/menu'
import { formatBytes } from '@/components/ui/quantity'
import type { OutputSize } from '@/lib/process-api/execution'
import { timeModes } from './lines/times'
import { type LogPreferences, setLogPreferences } from './log-preferences'
import type { LogView } from './log-view'
import type { ReaderView, StreamFilter } from './reader-view'

const filters = [
  { value: 'both', label: 'stdout + stderr' },
  { value: 'stdout', label: 'stdout only' },
  { value: 'stderr', label: 'stderr only' },
] as const satisfies readonly { value: StreamFilter; label: string }[]

const filterWord: Record<StreamFilter, string> = { both: 'stdout+stderr', stdout: 'stdout', stderr: 'stderr' }

/** The controls of a log, for the right end of a pane header. */
export function LogToolbar({
  log,
  view,
  output,
  downloadUrl,
  replayUrl,
  preferences,
  onFind,
  onGoTo,
  onHighlight,
  numbersLines,
}: {
  log: LogView | null
  view: ReaderView | null
  output: OutputSize | null
  /** URL of the download route, without a query. */
  downloadUrl: string
  /** The page that replays the output; null where its times are not known. */
  replayUrl: string | null
  preferences: LogPreferences
  onFind: () => void
  onGoTo: () => void
  onHighlight: () => void
  /** Whether the target numbers the lines of its logs. */
  numbersLines: boolean
}) {
  const filter = view?.filter ?? 'both'
  return (
    <>
      <Menu
        label="Streams"
        trigger={
          <Button size="sm" className={filter === 'both' ? 'max-lg:hidden' : 'border-accent'}>
            {filterWord[filter]}
          </Button>
        }
      >
        <FilterItems filter={filter} onFilter={(next) => log?.reader.setFilter(next)} />
      </Menu>
      <Button
        size="sm"
        hotkey="log.find"
        icon={<Search strokeWidth={1.5} />}
        onClick={onFind}
        className="[&>span:last-child]:max-xl:hidden"
      >
        Find
      </Button>
      <Menu label="Log" trigger={<IconButton size="sm" label="Log options" icon={<Ellipsis strokeWidth={1.5} />} />}>
        <FilterItems filter={filter} onFilter={(next) => log?.reader.setFilter(next)} />
        <MenuSeparator />
        <MenuItem icon={<Hash strokeWidth={1.5} />} disabled={!log || !numbersLines} onSelect={onGoTo}>
          {numbersLines ? 'Go to line or time…' : 'This target does not number lines'}
        </MenuItem>
        <MenuItem icon={<Highlighter strokeWidth={1.5} />} onSelect={onHighlight}>
          Highlight rules…
        </MenuItem>
        <MenuSeparator />
        <MenuCheckboxItem checked={preferences.numbers} onChange={(numbers) => setLogPreferences({ numbers })}>
          <Row icon={<ListOrdered strokeWidth={1.5} />}>Line numbers</Row>
        </MenuCheckboxItem>
        <MenuCheckboxItem checked={preferences.times} onChange={(times) => setLogPreferences({ times })}>
          <Row icon={<Clock strokeWidth={1.5} />}>Times</Row>
        </MenuCheckboxItem>
        {preferences.times && (
          <MenuRadioGroup
            value={preferences.timeMode}
            onChange={(timeMode) => setLogPreferences({ timeMode })}
            options={timeModes}
          />
        )}
        <MenuCheckboxItem checked={preferences.wrap} onChange={(wrap) => setLogPreferences({ wrap })}>
          <Row icon={<WrapText strokeWidth={1.5} />}>Wrap long lines</Row>
        </MenuCheckboxItem>
        <MenuCheckboxItem checked={preferences.fields} onChange={(fields) => setLogPreferences({ fields })}>
          <Row icon={<Rows3 strokeWidth={1.5} />}>Lines with fields</Row>
        </MenuCheckboxItem>
        <MenuCheckboxItem checked={preferences.raw} onChange={(raw) => setLogPreferences({ raw })}>
          <Row icon={<Pilcrow strokeWidth={1.5} />}>Control characters</Row>
        </MenuCheckboxItem>
        <MenuCheckboxItem
          checked={preferences.screenReader}
          onChange={(screenReader) => setLogPreferences({ screenReader })}
        >
          <Row icon={<Accessibility strokeWidth={1.5} />}>Text for screen readers</Row>
        </MenuCheckboxItem>
        <MenuSeparator />
        <CopyItem log={log} />
        <MenuItem icon={<Eraser strokeWidth={1.5} />} disabled={!log} onSelect={() => log?.reader.clear()}>
          Clear view
        </MenuItem>
        <MenuSeparator />
        {replayUrl !== null && (
          <MenuLink icon={<Play strokeWidth={1.5} />} href={replayUrl}>
            Replay
          </MenuLink>
        )}
        <MenuLabel>Download raw output</MenuLabel>
        <Download url={downloadUrl} word="Everything" bytes={output?.bytes} />
        <Download url={`${downloadUrl}?stream=stdout`} word="stdout" bytes={output?.stdoutBytes} />
        <Download url={`${downloadUrl}?stream=stderr`} word="stderr" bytes={output?.stderrBytes} />
      </Menu>
    </>
  )
}

function FilterItems({ filter, onFilter }: { filter: StreamFilter; onFilter: (filter: StreamFilter) => void }) {
  return <MenuRadioGroup value={filter} onChange={onFilter} options={filters} />
}

/** Copies the selection, or all loaded lines. */
function CopyItem({ log }: { log: LogView | null }) {
  const [problem, setProblem] = useState<string | null>(null)
  const selected = log?.terminal.hasSelection() ?? false
  const copy = async () => {
    if (!log) return
    const text = selected ? log.terminal.selection() : log.terminal.text()
    setProblem((await copyText(text)) ? null : 'Could not copy')
  }
  return (
    <MenuItem icon={<Copy strokeWidth={1.5} />} disabled={!log} onSelect={() => void copy()}>
      {problem ?? (selected ? 'Copy selection' : 'Copy loaded lines')}
    </MenuItem>
  )
}

function Download({ url, word, bytes }: { url: string; word: string; bytes: number | undefined }) {
  return (
    <MenuLink icon={<ArrowDownToLine strokeWidth={1.5} />} href={url}>
      <span className="flex w-full justify-between gap-4">
        {word}
        {bytes !== undefined && <span className="text-ink-3">{formatBytes(bytes)}</span>}
      </span>
    </MenuLink>
  )
}

function Row({ icon, children }: { icon: React.ReactNode; children: React.ReactNode }) {
  return (
    <span className="flex items-center gap-2 [&>svg]:size-4">
      {icon}
      {children}
    </span>
  )
}
