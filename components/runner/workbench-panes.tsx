'use client'
import type { ReactNode } from 'react'
import { Group, Panel, useDefaultLayout } from 'react-resizable-panels'
import { PaneSeparator } from '@/components/ui/pane-separator'
import { Segmented } from '@/components/ui/segmented'
import { useMediaQuery } from '@/components/ui/use-media-query'

export type PhonePane = 'code' | 'output' | 'runs'

const phonePanes = [
  { value: 'code', label: 'Code' },
  { value: 'output', label: 'Output' },
  { value: 'runs', label: 'Runs' },
] as const satisfies readonly { value: PhonePane; label: string }[]

/** Code above runs on the left, output on the right, all resizable; in a narrow window one pane at a time. */
export function WorkbenchPanes({
  code,
  output,
  runs,
  phonePane,
  onPhonePane,
}: {
  code: ReactNode
  output: ReactNode
  runs: ReactNode
  phonePane: PhonePane
  onPhonePane: (pane: PhonePane) => void
}) {
  const wide = useMediaQuery('(min-width: 900px)')
  return wide ? (
    <Columns code={code} output={output} runs={runs} />
  ) : (
    <>
      <div className="shrink-0 border-b border-line bg-surface p-1.5">
        <Segmented label="Pane" stretch value={phonePane} onChange={onPhonePane} options={phonePanes} />
      </div>
      <div className="min-h-0 flex-1">{{ code, output, runs }[phonePane]}</div>
    </>
  )
}

function Columns({ code, output, runs }: { code: ReactNode; output: ReactNode; runs: ReactNode }) {
  const columns = useDefaultLayout({ id: 'sandglass.run.columns', storage: localStorage })
  const rows = useDefaultLayout({ id: 'sandglass.run.rows', storage: localStorage })
  return (
    <Group
      orientation="horizontal"
      className="min-h-0 flex-1"
      defaultLayout={columns.defaultLayout}
      onLayoutChanged={columns.onLayoutChanged}
    >
      <Panel id="left" defaultSize="50" minSize={300}>
        <Group orientation="vertical" defaultLayout={rows.defaultLayout} onLayoutChanged={rows.onLayoutChanged}>
          <Panel id="code" defaultSize="66" minSize={160}>
            {code}
          </Panel>
          <PaneSeparator label="Resize code and runs" horizontal />
          <Panel id="runs" defaultSize="34" minSize={80}>
            {runs}
          </Panel>
        </Group>
      </Panel>
      <PaneSeparator label="Resize code and output" />
      <Panel id="output" defaultSize="50" minSize={300}>
        {output}
      </Panel>
    </Group>
  )
}
