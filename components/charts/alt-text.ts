/** A chart in words, for people who do not see it. */
import { counted } from '@/lib/display/counted'
import type { Axis, Plot } from './plot'

export function altText(plots: readonly Plot[]): string {
  if (plots.length === 0) return 'A chart whose values are not known.'
  const texts = plots.map(describe)
  return plots.length === 1 ? (texts[0] ?? '') : `${plots.length} charts. ${texts.join(' ')}`
}

function describe(plot: Plot): string {
  const name = `${kindNames[plot.kind]}${plot.title === '' ? '' : ` “${plot.title}”`}`
  if (plot.kind === 'pie') {
    return `${name}: ${list(plot.slices.map(({ label, value }) => `${label || 'unnamed'} ${round(value)} %`))}.`
  }
  const axes = axesText(plot.x, plot.y)
  if (plot.kind === 'bar') {
    const groups = plot.groups.map((group) => {
      const bars = plot.labels.map((label, index) => `${label} ${round(group.values[index] ?? Number.NaN)}`)
      return plot.groups.length === 1 ? list(bars) : `${group.name}: ${list(bars)}`
    })
    return `${name}${axes}. ${groups.join('; ')}.`
  }
  if (plot.kind === 'box') {
    const boxes = plot.boxes.map(({ label, values: [min, , median, , max], outliers }) => {
      const beyond = outliers.length === 0 ? '' : `, ${outliers.length} outliers`
      return `${label}: median ${round(median)}, from ${round(min)} to ${round(max)}${beyond}`
    })
    return `${name}${axes}. ${boxes.length === 0 ? 'No data' : boxes.join('; ')}.`
  }
  const series = plot.series.map(({ name: of, points, total }) => {
    if (points.length === 0) return `${of}: no data`
    const ys = points.map(([, y]) => y)
    const low = ys.reduce((one, other) => Math.min(one, other))
    const high = ys.reduce((one, other) => Math.max(one, other))
    return `${of}: ${counted(total, 'point')}, from ${round(low)} to ${round(high)}`
  })
  return `${name}${axes}. ${series.length === 0 ? 'No data' : series.join('; ')}.`
}

const kindNames = { line: 'Line chart', scatter: 'Scatter plot', bar: 'Bar chart', pie: 'Pie chart', box: 'Box plot' }
const maxListed = 12

function list(texts: readonly string[]): string {
  if (texts.length === 0) return 'no data'
  const rest = texts.length - maxListed
  return texts.slice(0, maxListed).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

function axesText(x: Axis, y: Axis): string {
  if (x.label !== '' && y.label !== '') return `, ${y.label} by ${x.label}`
  return x.label === '' ? (y.label === '' ? '' : `, ${y.label}`) : `, by ${x.label}`
}

function round(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : 'none'
}
