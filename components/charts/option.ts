/** A plot as the options of ECharts. Series differ in dash and marker, too, so that colour is never alone. */
import type { EChartsCoreOption } from 'echarts/core'
import type { Axis, Plot } from './plot'

/** Colours of the page as `rgb()`, because ECharts does not read `oklch()`. */
export interface ChartColors {
  ink: string
  muted: string
  line: string
  ground: string
  series: readonly string[]
}

const dashes = ['solid', 'dashed', 'dotted', [8, 3, 2, 3], [12, 4], [2, 6]]
const markers = ['circle', 'rect', 'triangle', 'diamond', 'arrow', 'pin']
/** Markers of more points would hide the line. */
const maxMarkers = 30

export function optionOf(plot: Plot, colors: ChartColors): EChartsCoreOption {
  const text = { color: colors.muted, fontFamily: 'inherit', fontSize: 12 }
  const common = {
    animation: false,
    color: [...colors.series],
    textStyle: { fontFamily: '"Geist Variable", sans-serif', color: colors.ink },
    title: {
      text: plot.title,
      left: 'center',
      top: 4,
      textStyle: { color: colors.ink, fontSize: 13, fontWeight: 500, overflow: 'truncate', width: 480 },
    },
    tooltip: {
      trigger: 'item',
      confine: true,
      renderMode: 'richText',
      backgroundColor: colors.ground,
      borderColor: colors.line,
      textStyle: { color: colors.ink, fontSize: 12 },
    },
  }
  if (plot.kind === 'pie') {
    return {
      ...common,
      series: [
        {
          type: 'pie',
          radius: '62%',
          center: ['50%', '54%'],
          label: { color: colors.ink, formatter: '{b} {d} %', overflow: 'truncate', width: 120 },
          itemStyle: { borderColor: colors.ground, borderWidth: 2 },
          data: plot.slices.map(({ label, value }) => ({ name: label, value })),
        },
      ],
    }
  }
  const names = namesOf(plot)
  const hasLegend = names.length > 1
  return {
    ...common,
    // The names of axes are outside the grid.
    grid: {
      left: plot.y.label === '' ? 12 : 36,
      right: 20,
      top: plot.title === '' ? 24 : 40,
      bottom: (hasLegend ? 40 : 12) + (plot.x.label === '' ? 0 : 20),
      containLabel: true,
    },
    ...(hasLegend
      ? { legend: { type: 'scroll', bottom: 4, data: names, textStyle: { color: colors.ink, fontSize: 12 } } }
      : {}),
    xAxis: axisOption(plot.x, colors, text, 'x'),
    // The length of a bar is its value, so its axis starts at zero.
    yAxis: { ...axisOption(plot.y, colors, text, 'y'), scale: plot.kind !== 'bar' },
    series: seriesOf(plot, colors),
  }
}

function namesOf(plot: Exclude<Plot, { kind: 'pie' }>): string[] {
  if (plot.kind === 'bar') return plot.groups.map(({ name }) => name)
  return plot.kind === 'box' ? [] : plot.series.map(({ name }) => name)
}

function seriesOf(plot: Exclude<Plot, { kind: 'pie' }>, colors: ChartColors): object[] {
  switch (plot.kind) {
    case 'line':
      return plot.series.map(({ name, points }, index) => ({
        type: 'line',
        name,
        data: points,
        symbol: markers[index % markers.length],
        symbolSize: 6,
        showSymbol: points.length <= maxMarkers,
        lineStyle: { width: 1.75, type: dashes[index % dashes.length] },
      }))
    case 'scatter':
      return plot.series.map(({ name, points }, index) => ({
        type: 'scatter',
        name,
        data: points,
        symbol: markers[index % markers.length],
        symbolSize: points.length > 500 ? 4 : 8,
        itemStyle: { opacity: points.length > 500 ? 0.6 : 0.9 },
      }))
    case 'bar':
      return plot.groups.map(({ name, values }, index) => ({
        type: 'bar',
        name,
        data: values.map((value) => value ?? '-'),
        itemStyle:
          index === 0 ? {} : { borderColor: colors.ink, borderWidth: 1, borderType: dashes[index % dashes.length] },
      }))
    case 'box':
      return [
        {
          type: 'boxplot',
          name: 'Quartiles',
          data: plot.boxes.map(({ values }) => values),
          itemStyle: { color: colors.ground, borderColor: colors.series[0] },
        },
        {
          type: 'scatter',
          name: 'Outliers',
          symbolSize: 5,
          data: plot.boxes.flatMap(({ outliers }, index) => outliers.slice(0, 1_000).map((value) => [index, value])),
        },
      ]
    default:
      return plot satisfies never
  }
}

function axisOption(axis: Axis, colors: ChartColors, text: object, letter: 'x' | 'y'): object {
  return {
    type: axis.scale,
    name: axis.label,
    nameLocation: 'middle',
    nameGap: letter === 'x' ? 28 : 44,
    nameTextStyle: text,
    scale: true,
    ...(axis.scale === 'category' ? { data: axis.categories } : {}),
    axisLabel: { ...text, hideOverlap: true, overflow: 'truncate', width: 110 },
    axisLine: { show: true, lineStyle: { color: colors.muted } },
    splitLine: { show: axis.scale !== 'category', lineStyle: { color: colors.line } },
  }
}
