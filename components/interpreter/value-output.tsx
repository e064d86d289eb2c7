'use client'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { formatBytes } from '@/components/ui/quantity'
import { Segmented } from '@/components/ui/segmented'
import { HtmlOutput } from './html-output'
import { type Shown, shownNames, shownOf } from './representations'
import { StreamOutput } from './stream-output'
import { appendText, emptyText } from './stream-text'
import { TableOutput } from './table-output'

const ChartValue = dynamic(() => import('./chart-value'), { ssr: false, loading: () => <div className="h-80" /> })

/** A value in its best representation, with a choice of the others. */
export function ValueOutput({
  representations,
  omitted,
}: {
  representations: Readonly<Record<string, unknown>>
  omitted: Readonly<Record<string, number>>
}) {
  const every = shownOf(representations)
  // A chart has its own choice of views.
  const all = every[0]?.shown === 'chart' ? every.slice(0, 1) : every
  const [chosen, choose] = useState<Shown | null>(null)
  const current = all.find(({ shown }) => shown === chosen) ?? all[0]
  const tooLarge = Object.entries(omitted)
  return (
    <div className="flex min-w-0 flex-col items-start gap-1">
      {all.length > 1 && (
        <Segmented
          label="Representation"
          value={current?.shown ?? 'text'}
          onChange={choose}
          options={all.map(({ shown }) => ({ value: shown, label: shownNames[shown] }))}
        />
      )}
      {current && (
        <div className="w-full min-w-0">
          <Content shown={current.shown} content={current.content} />
        </div>
      )}
      {tooLarge.map(([type, size]) => (
        <p key={type} className="text-label text-ink-3">
          <span className="font-mono">{type}</span> is too large to show: {formatBytes(size)}.
        </p>
      ))}
    </div>
  )
}

function Content({ shown, content }: { shown: Shown; content: unknown }) {
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2)
  switch (shown) {
    case 'chart':
      return <ChartValue value={content} />
    case 'table':
      return <TableOutput value={content} />
    case 'html':
      return <HtmlOutput html={text} />
    case 'svg':
      return <Picture source={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`} />
    case 'png':
      return <Picture source={`data:image/png;base64,${text.replace(/\s/g, '')}`} />
    case 'jpeg':
      return <Picture source={`data:image/jpeg;base64,${text.replace(/\s/g, '')}`} />
    case 'json':
    case 'markdown':
    case 'latex':
    case 'text':
      return <StreamOutput stream="stdout" text={appendText(emptyText, text)} downloadUrl={null} />
    default:
      return shown satisfies never
  }
}

/** An image element runs no scripts of an SVG and loads nothing from elsewhere. */
function Picture({ source }: { source: string }) {
  const [failed, setFailed] = useState(false)
  if (failed) return <p className="text-body text-ink-3">This image cannot be displayed.</p>
  return (
    // biome-ignore lint/performance/noImgElement: the picture is in the result itself
    <img
      src={source}
      alt="Result of the cell"
      onError={() => setFailed(true)}
      className="h-auto max-w-full rounded-chip bg-[white]"
    />
  )
}
