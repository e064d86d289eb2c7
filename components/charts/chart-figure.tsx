'use client'
import { BarChart, BoxplotChart, LineChart, PieChart, ScatterChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent, TooltipComponent } from 'echarts/components'
import { type EChartsType, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react'
import { onThemeChange } from '@/components/theme/theme-provider'
import { readChartColors } from './chart-colors'
import { optionOf } from './option'
import type { Plot } from './plot'

use([
  BarChart,
  BoxplotChart,
  LineChart,
  PieChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  TitleComponent,
  TooltipComponent,
  SVGRenderer,
])

export interface ChartFigureHandle {
  /** The drawing as an SVG document. */
  svg(): string | null
}

/** Draws one plot. Loaded with the first chart of a page, because the library is large. */
export default function ChartFigure({ plot, alt, ref }: { plot: Plot; alt: string; ref?: Ref<ChartFigureHandle> }) {
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType | null>(null)

  useImperativeHandle(
    ref,
    () => ({
      svg() {
        const drawn = host.current?.querySelector('svg')
        return drawn ? new XMLSerializer().serializeToString(drawn) : null
      },
    }),
    [],
  )

  useEffect(() => {
    const element = host.current
    if (!element) return
    const made = init(element, null, { renderer: 'svg' })
    chart.current = made
    const draw = () => made.setOption(optionOf(plot, readChartColors(element)), { notMerge: true })
    draw()
    const stopTheme = onThemeChange(draw)
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(element)
    return () => {
      observer.disconnect()
      stopTheme()
      made.dispose()
      chart.current = null
    }
  }, [plot])

  return <div ref={host} role="img" aria-label={alt} className="h-80 w-full min-w-0" />
}
