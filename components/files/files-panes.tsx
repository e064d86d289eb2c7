'use client'
import type { ReactNode } from 'react'
import { Group, Panel, useDefaultLayout } from 'react-resizable-panels'
import { PaneSeparator } from '@/components/ui/pane-separator'
import { Segmented } from '@/components/ui/segmented'

export type FilesPane = 'tree' | 'file'

/** Tree and file side by side, resizable; in a narrow window one of the two at a time. */
export function FilesPanes({
  tree,
  file,
  wide,
  pane,
  onPane,
}: {
  tree: ReactNode
  file: ReactNode
  wide: boolean
  pane: FilesPane
  onPane: (pane: FilesPane) => void
}) {
  if (wide) return <Columns tree={tree} file={file} />
  return (
    <>
      <div className="shrink-0 border-b border-line bg-surface p-1.5">
        <Segmented
          label="Pane"
          stretch
          value={pane}
          onChange={onPane}
          options={[
            { value: 'tree', label: 'Tree' },
            { value: 'file', label: 'File' },
          ]}
        />
      </div>
      <div className="min-h-0 flex-1">{pane === 'tree' ? tree : file}</div>
    </>
  )
}

function Columns({ tree, file }: { tree: ReactNode; file: ReactNode }) {
  const layout = useDefaultLayout({ id: 'sandglass.files', storage: localStorage })
  return (
    <Group
      orientation="horizontal"
      className="min-h-0 flex-1"
      defaultLayout={layout.defaultLayout}
      onLayoutChanged={layout.onLayoutChanged}
    >
      <Panel id="tree" defaultSize="26" minSize={200}>
        {tree}
      </Panel>
      <PaneSeparator label="Resize tree and file" />
      <Panel id="file" defaultSize="74" minSize={360}>
        {file}
      </Panel>
    </Group>
  )
}
