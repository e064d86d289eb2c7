/**
 * Charts as the console draws them: only finite numbers, and not more points than a screen can show. Everything in a
 * chart comes from a program and may be empty, huge or contradictory.
 */
import type { Chart, ChartElement } from '@/lib/process-api/charts'

export type Axis = { label: string; scale: 'value' | 'log' | 'time' | 'category'; categories: string[] }

export interface Series {
  name: string
  points: [number, number][]
  /** Points before the drawing was thinned out. */
  total: number
}

export interface Box {
  label: string
  /** Minimum, first quartile, median, third quartile, maximum. */
  values: [number, number, number, number, number]
  outliers: number[]
}

export type Plot = { title: string } & (
  | { kind: 'line' | 'scatter'; x: Axis; y: Axis; series: Series[] }
  | { kind: 'bar'; x: Axis; y: Axis; labels: string[]; groups: { name: string; values: (number | null)[] }[] }
  | { kind: 'pie'; slices: { label: string; value: number }[] }
  | { kind: 'box'; x: Axis; y: Axis; boxes: Box[] }
)

/** One subplot of a composite chart, or the chart itself. */
type Panel = Omit<ChartElement, 'elements' | 'type'> & Pick<Chart, 'type' | 'elements'>

export const maxLinePoints = 4_000
export const maxScatterPoints = 5_000
/** More colours cannot be distinguished. */
const maxSeries = 50
const maxBars = 500

/** The plots of a chart: one for each subplot. Empty where only the picture can be shown. */
export function plotsOf(chart: Chart): Plot[] {
  const panels: Panel[] =
    chart.type === 'composite_chart'
      ? (chart.elements ?? []).map(({ elements = null, type = 'unknown', ...rest }) => ({ ...rest, type, elements }))
      : [chart]
  return panels.flatMap((panel) => plotOf(panel) ?? [])
}

function plotOf(panel: Panel): Plot | null {
  const title = panel.title ?? ''
  const elements = panel.elements ?? []
  const x = axisOf(panel.x_label, panel.x_scale, panel.x_ticks, panel.x_tick_labels)
  const y = axisOf(panel.y_label, panel.y_scale, panel.y_ticks, panel.y_tick_labels)
  switch (panel.type) {
    case 'line':
    case 'scatter': {
      const limit = panel.type === 'line' ? maxLinePoints : maxScatterPoints
      const thin = panel.type === 'line' ? thinLine : thinCloud
      const series = elements.slice(0, maxSeries).map(({ label = '', points = [] }, index) => {
        const all = points.filter(
          (point): point is [number, number] => isDrawable(point[0], x) && isDrawable(point[1], y),
        )
        return { name: seriesName(label, index), points: thin(all, limit), total: all.length }
      })
      return { kind: panel.type, title, x, y, series }
    }
    case 'bar': {
      const labels = [...new Set(elements.map(({ label = '' }) => label))].slice(0, maxBars)
      const names = [...new Set(elements.map(({ group = '' }) => group))].slice(0, maxSeries)
      const groups = names.map((name, index) => ({
        name: seriesName(name, index),
        values: labels.map((label) => {
          const bar = elements.find((one) => (one.label ?? '') === label && (one.group ?? '') === name)
          return finite(bar?.value)
        }),
      }))
      return { kind: 'bar', title, x: { ...x, scale: 'category', categories: labels }, y, labels, groups }
    }
    case 'pie': {
      const slices = elements.flatMap(({ label = '', value, angle }) => {
        const share = finite(value) ?? (angle === undefined ? null : finite(String(angle / 3.6)))
        return share === null || share < 0 ? [] : [{ label, value: share }]
      })
      return { kind: 'pie', title, slices: slices.slice(0, maxBars) }
    }
    case 'box_and_whisker': {
      const boxes = elements.slice(0, maxBars).flatMap((one): Box[] => {
        const values = [one.min, one.first_quartile, one.median, one.third_quartile, one.max]
        if (!isFive(values)) return []
        return [{ label: one.label ?? '', values, outliers: (one.outliers ?? []).filter(Number.isFinite) }]
      })
      return {
        kind: 'box',
        title,
        x: { ...x, scale: 'category', categories: boxes.map(({ label }) => label) },
        y,
        boxes,
      }
    }
    case 'composite_chart':
    case 'unknown':
      return null
    default:
      return panel.type satisfies never
  }
}

function isFive(values: readonly (number | undefined)[]): values is [number, number, number, number, number] {
  return values.length === 5 && values.every((value) => Number.isFinite(value))
}

function axisOf(label = '', scale = 'linear', ticks: number[] = [], tickLabels: string[] = []): Axis {
  if (scale === 'log') return { label, scale: 'log', categories: [] }
  if (scale === 'datetime') return { label, scale: 'time', categories: [] }
  if (scale !== 'categorical') return { label, scale: 'value', categories: [] }
  const categories: string[] = []
  ticks.forEach((tick, index) => {
    // Positions come from the program; a list with holes of a billion must not be built.
    if (Number.isInteger(tick) && tick >= 0 && tick < maxBars) categories[tick] = tickLabels[index] ?? ''
  })
  return { label, scale: 'category', categories: Array.from(categories, (name) => name ?? '') }
}

/** Matplotlib's own names of unnamed series start with an underscore. */
function seriesName(label: string, index: number): string {
  return label === '' || label.startsWith('_') ? `Series ${index + 1}` : label
}

function isDrawable(value: number | undefined, axis: Axis): value is number {
  return value !== undefined && Number.isFinite(value) && (axis.scale !== 'log' || value > 0)
}

function finite(text: string | undefined): number | null {
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(number) ? number : null
}

/** The lowest and the highest point of each part of the line, so that no peak disappears. */
function thinLine(points: [number, number][], limit: number): [number, number][] {
  if (points.length <= limit) return points
  const parts = limit / 2
  const thinned: [number, number][] = []
  for (let part = 0; part < parts; part += 1) {
    const from = Math.floor((part * points.length) / parts)
    const to = Math.floor(((part + 1) * points.length) / parts)
    let low = from
    let high = from
    for (let index = from; index < to; index += 1) {
      if ((points[index]?.[1] ?? 0) < (points[low]?.[1] ?? 0)) low = index
      if ((points[index]?.[1] ?? 0) > (points[high]?.[1] ?? 0)) high = index
    }
    thinned.push(points[Math.min(low, high)] ?? [0, 0])
    if (low !== high) thinned.push(points[Math.max(low, high)] ?? [0, 0])
  }
  return thinned
}

function thinCloud(points: [number, number][], limit: number): [number, number][] {
  if (points.length <= limit) return points
  return Array.from({ length: limit }, (_, index) => points[Math.floor((index * points.length) / limit)] ?? [0, 0])
}
