'use client'
import type { ReactNode } from 'react'
import { Group, Panel, useDefaultLayout } from 'react-resizable-panels'
import { PaneSeparator } from '@/components/ui/pane-separator'
import { Segmented } from '@/components/ui/segmented'

export type SessionsPane = 'sessions' | 'commands' | 'log'

const narrowPanes = [
  { value: 'sessions', label: 'Sessions' },
  { value: 'commands', label: 'Commands' },
  { value: 'log', label: 'Log' },
] as const satisfies readonly { value: SessionsPane; label: string }[]

/** Sessions, commands and the log of one command, resizable; in a narrow window one of the three at a time. */
export function SessionsPanes({
  sessions,
  commands,
  log,
  wide,
  pane,
  onPane,
}: {
  sessions: ReactNode
  commands: ReactNode
  log: ReactNode
  wide: boolean
  pane: SessionsPane
  onPane: (pane: SessionsPane) => void
}) {
  if (wide) return <Columns sessions={sessions} commands={commands} log={log} />
  return (
    <>
      <div className="shrink-0 border-b border-line bg-surface p-1.5">
        <Segmented label="Pane" stretch value={pane} onChange={onPane} options={narrowPanes} />
      </div>
      <div className="min-h-0 flex-1">{{ sessions, commands, log }[pane]}</div>
    </>
  )
}

function Columns({ sessions, commands, log }: { sessions: ReactNode; commands: ReactNode; log: ReactNode }) {
  const layout = useDefaultLayout({ id: 'sandglass.sessions', storage: localStorage })
  return (
    <Group
      orientation="horizontal"
      className="min-h-0 flex-1"
      defaultLayout={layout.defaultLayout}
      onLayoutChanged={layout.onLayoutChanged}
    >
      <Panel id="sessions" defaultSize="17" minSize={200}>
        {sessions}
      </Panel>
      <PaneSeparator label="Resize sessions and commands" />
      <Panel id="commands" defaultSize="25" minSize={260}>
        {commands}
      </Panel>
      <PaneSeparator label="Resize commands and log" />
      <Panel id="log" defaultSize="58" minSize={420}>
        {log}
      </Panel>
    </Group>
  )
}
