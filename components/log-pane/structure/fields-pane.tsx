'use client'
import '../lines/line-list.css'
import { Columns3, Text, WrapText } from 'lucide-react'
import { type ReactNode, useEffect, useEffectEvent, useMemo, useState, useSyncExternalStore } from 'react'
import { Button, IconButton } from '@/components/ui/button'
import { TextInput } from '@/components/ui/field'
import { Menu, MenuCheckboxItem, MenuLabel } from '@/components/ui/menu'
import { OutsideText } from '@/components/ui/outside-text'
import { PaneHeader } from '@/components/ui/pane'
import { StateChip } from '@/components/ui/state-chip'
import { executionDisplay } from '@/components/ui/state-display'
import { counted } from '@/lib/display/counted'
import { visibleText } from '@/lib/display/visible-text'
import { useLiveClient } from '@/lib/live/client/use-live'
import type { JournalRef } from '@/lib/live/protocol'
import type { Execution } from '@/lib/process-api/execution'
import { LineList } from '../lines/line-list'
import { MergedReader } from '../lines/merged-reader'
import { TimeSelect } from '../lines/time-select'
import { setLogPreferences, useLogPreferences } from '../log-preferences'
import { parseFilter } from './field-filter'
import { fieldNames, parsedRow } from './fields'
import { FieldsHead, FieldsRow } from './fields-row'

interface FieldsPaneProps {
  target: string
  journal: JournalRef
  execution: Execution | null
  /** Path of the journal's read routes. */
  path: string
  title?: string
  actions?: ReactNode
  notes?: ReactNode
  foot?: ReactNode
  timeoutSeconds?: number | null
}

const everything = () => true

/**
 * The output as a list of lines with level, message and fields, chosen columns, and a filter by field. The journal and
 * its downloads stay exact; the text view shows the output as a terminal does.
 */
export function FieldsPane(props: FieldsPaneProps) {
  // Another journal is another list.
  return <Fields key={props.path} {...props} />
}

function Fields({ target, journal, execution, path, title, actions, notes, foot, timeoutSeconds }: FieldsPaneProps) {
  const client = useLiveClient()
  const { times, timeMode, wrap } = useLogPreferences()
  const [reader] = useState(
    () =>
      new MergedReader(client, target, [{ kind: 'journal', ref: journal, path, size: execution?.output.bytes ?? 0 }]),
  )
  const state = useSyncExternalStore(reader.subscribe, reader.getState, reader.getState)
  const [following, setFollowing] = useState(true)
  const [filter, setFilter] = useState('')
  const [columns, setColumns] = useState<readonly string[]>([])
  const start = useEffectEvent(() => reader.follow())
  useEffect(() => {
    start()
    return () => reader.close()
  }, [reader])

  const { version } = state
  const all = useMemo(() => {
    void version
    return reader.rows(everything)
  }, [reader, version])
  const shown = useMemo(() => {
    if (filter.trim() === '') return all
    const matches = parseFilter(filter)
    return all.filter(({ row }) => {
      const { line, text } = parsedRow(row)
      return matches(line, text)
    })
  }, [all, filter])
  const names = useMemo(() => fieldNames(all.slice(-500).map(({ row }) => row)), [all])
  const toggle = (name: string, on: boolean) =>
    setColumns((before) => (on ? [...before, name] : before.filter((one) => one !== name)))

  const controls = (
    <>
      <TextInput
        small
        mono
        type="search"
        aria-label="Filter lines by field"
        placeholder="level>=warn status=5*"
        className="w-44 max-sm:w-28"
        value={filter}
        onChange={(event) => setFilter(event.target.value)}
      />
      <TimeSelect />
      <Menu label="Columns" trigger={<IconButton size="sm" label="Columns" icon={<Columns3 strokeWidth={1.5} />} />}>
        <MenuLabel>{names.length === 0 ? 'The loaded lines have no fields' : 'Columns'}</MenuLabel>
        {names.map((name) => (
          <MenuCheckboxItem key={name} checked={columns.includes(name)} onChange={(on) => toggle(name, on)}>
            <OutsideText text={name} />
          </MenuCheckboxItem>
        ))}
      </Menu>
      <IconButton
        size="sm"
        label="Wrap long lines"
        pressed={wrap}
        icon={<WrapText strokeWidth={1.5} />}
        onClick={() => setLogPreferences({ wrap: !wrap })}
      />
      <IconButton
        size="sm"
        label="Show as text"
        icon={<Text strokeWidth={1.5} />}
        onClick={() => setLogPreferences({ fields: false })}
      />
      {actions}
    </>
  )
  return (
    <div className="flex h-full min-h-0 min-w-0 flex-col bg-term">
      <PaneHeader
        mono
        title={title ?? 'Lines'}
        chip={execution && <StateChip display={executionDisplay(execution, timeoutSeconds)} age />}
        actions={controls}
      />
      {notes}
      {state.message && (
        <p role="alert" className="shrink-0 border-b border-line bg-raised px-3 py-1 text-label text-ink-2">
          <OutsideText text={state.message} />
        </p>
      )}
      {reader.canLoad('earlier', everything) && (
        <div className="flex shrink-0 justify-center border-b border-line py-1">
          <Button size="sm" busy={state.loading} onClick={() => void reader.load('earlier', everything)}>
            Load earlier lines
          </Button>
        </div>
      )}
      <FieldsHead columns={columns} times={times} />
      <LineList
        rows={shown}
        version={version}
        label={title ? visibleText(`Output of ${title}`) : 'Output'}
        sources={null}
        times={times}
        timeMode={timeMode}
        wrap={wrap && columns.length === 0}
        following={following}
        onFollow={setFollowing}
        linked={null}
        linkTo={null}
      >
        {(row) => <FieldsRow row={row} columns={columns} />}
      </LineList>
      <div className="flex min-h-8 shrink-0 items-center gap-3 border-t border-line bg-surface px-3">
        <div className="min-w-0 flex-1">{foot}</div>
        <span className="font-mono text-meta whitespace-nowrap text-ink-3 tabular-nums">
          {filter.trim() === '' ? '' : `${shown.length} of `}
          {counted(all.length, 'loaded line')}
        </span>
        {!following && (
          <Button size="sm" onClick={() => setFollowing(true)}>
            Jump to end
          </Button>
        )}
      </div>
    </div>
  )
}
