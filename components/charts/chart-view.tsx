'use client'
import { Download } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useMemo, useRef, useState } from 'react'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem } from '@/components/ui/menu'
import { OutsideText } from '@/components/ui/outside-text'
import { Segmented } from '@/components/ui/segmented'
import { visibleText } from '@/lib/display/visible-text'
import type { Chart } from '@/lib/process-api/charts'
import { altText } from './alt-text'
import type { ChartFigureHandle } from './chart-figure'
import { chartTable, toCsv } from './chart-table'
import { plotsOf } from './plot'
import { saveBlob, svgToPng } from './save'

const ChartFigure = dynamic(() => import('./chart-figure'), {
  ssr: false,
  loading: () => <div className="h-80 w-full" />,
})

type View = 'chart' | 'picture' | 'data' | 'alt'
const maxRows = 500

/** A chart with its data, its description, and downloads. Where the values are unknown, the picture is shown. */
export function ChartView({ chart, name = 'chart' }: { chart: Chart; name?: string }) {
  const plots = useMemo(() => plotsOf(chart), [chart])
  const alt = useMemo(() => visibleText(altText(plots)), [plots])
  const table = useMemo(() => chartTable(chart), [chart])
  const [chosen, choose] = useState<View | null>(null)
  const figures = useRef<(ChartFigureHandle | null)[]>([])
  const { png } = chart
  const options = [
    ...(plots.length > 0 ? [{ value: 'chart' as const, label: 'Chart' }] : []),
    ...(png ? [{ value: 'picture' as const, label: 'Picture' }] : []),
    ...(table.rows.length > 0 ? [{ value: 'data' as const, label: 'Data' }] : []),
    { value: 'alt' as const, label: 'Alt text' },
  ]
  const view = options.find(({ value }) => value === chosen)?.value ?? options[0]?.value ?? 'alt'
  const drawings = () => figures.current.flatMap((figure) => figure?.svg() ?? [])
  const saveAll = (extension: string, type: string, contents: readonly (string | Blob)[]) =>
    contents.forEach((content, index) => {
      saveBlob(new Blob([content], { type }), `${name}${contents.length > 1 ? `-${index + 1}` : ''}.${extension}`)
    })
  return (
    <figure className="flex min-w-0 flex-col gap-1.5">
      <div className="flex flex-wrap items-center gap-1.5">
        <Segmented label="View of the chart" value={view} onChange={choose} options={options} />
        <Menu
          label="Download"
          align="start"
          trigger={
            <Button size="sm" icon={<Download strokeWidth={1.5} />}>
              Download
            </Button>
          }
        >
          <MenuItem
            disabled={view !== 'chart' && !png}
            onSelect={async () =>
              saveAll(
                'png',
                'image/png',
                view === 'chart' ? await Promise.all(drawings().map(svgToPng)) : [bytesOf(png)],
              )
            }
          >
            PNG
          </MenuItem>
          <MenuItem disabled={view !== 'chart'} onSelect={() => saveAll('svg', 'image/svg+xml', drawings())}>
            SVG
          </MenuItem>
          <MenuItem disabled={table.rows.length === 0} onSelect={() => saveAll('csv', 'text/csv', [toCsv(table)])}>
            CSV
          </MenuItem>
        </Menu>
      </div>
      {view === 'chart' && (
        <div className={plots.length > 1 ? 'grid gap-2 lg:grid-cols-2' : 'min-w-0'}>
          {plots.map((plot, index) => (
            <ChartFigure
              // biome-ignore lint/suspicious/noArrayIndexKey: the plots of a chart do not change
              key={index}
              ref={(figure: ChartFigureHandle | null) => {
                figures.current[index] = figure
              }}
              plot={plot}
              alt={visibleText(altText([plot]))}
            />
          ))}
        </div>
      )}
      {view === 'chart' && <Thinned plots={plots} />}
      {view === 'picture' && png && (
        // biome-ignore lint/performance/noImgElement: the picture is in the chart itself
        <img
          src={`data:image/png;base64,${png.replace(/\s/g, '')}`}
          alt={alt}
          className="h-auto max-w-full self-start rounded-chip bg-[white]"
        />
      )}
      {view === 'data' && <DataTable table={table} />}
      {view === 'alt' && (
        <p className="max-w-prose text-body text-ink-2">
          <OutsideText text={alt} />
        </p>
      )}
    </figure>
  )
}

/** Says that not every point is drawn. */
function Thinned({ plots }: { plots: ReturnType<typeof plotsOf> }) {
  const series = plots.flatMap((plot) => (plot.kind === 'line' || plot.kind === 'scatter' ? plot.series : []))
  const total = series.reduce((sum, one) => sum + one.total, 0)
  const drawn = series.reduce((sum, one) => sum + one.points.length, 0)
  if (drawn >= total) return null
  return (
    <p className="text-label text-ink-3">
      {drawn.toLocaleString('en')} of {total.toLocaleString('en')} points are drawn. The CSV has all of them.
    </p>
  )
}

function DataTable({ table: { columns, rows } }: { table: ReturnType<typeof chartTable> }) {
  return (
    <section
      aria-label="Data of the chart"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keys
      tabIndex={0}
      className="focus-inset max-h-80 overflow-auto rounded-chip border border-line"
    >
      <table className="border-collapse text-body">
        <thead className="sticky top-0 bg-raised">
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className="border-b border-line px-2 py-1 text-left font-medium">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, maxRows).map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a chart do not change
            <tr key={index} className="border-b border-line last:border-0">
              {row.map((value, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
                <td key={column} className="px-2 py-0.5 font-mono whitespace-nowrap tabular-nums">
                  <OutsideText text={String(value)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > maxRows && (
        <p className="px-2 py-1 text-label text-ink-3">
          The first {maxRows} of {rows.length.toLocaleString('en')} rows. The CSV has all of them.
        </p>
      )}
    </section>
  )
}

function bytesOf(base64 = ''): Blob {
  return new Blob([Uint8Array.from(atob(base64.replace(/\s/g, '')), (character) => character.charCodeAt(0))])
}
