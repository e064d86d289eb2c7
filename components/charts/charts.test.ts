import { describe, expect, it } from 'vitest'
import type { Chart } from '@/lib/process-api/charts'
import { altText } from './alt-text'
import { chartTable, toCsv } from './chart-table'
import { optionOf } from './option'
import { maxLinePoints, maxScatterPoints, plotsOf } from './plot'

const line: Chart = {
  type: 'line',
  title: 'Load',
  x_label: 'time',
  y_label: 'percent',
  elements: [
    {
      label: 'cpu',
      points: [
        [0, 1],
        [1, 9],
        [2, 4],
      ],
    },
    { label: '_child1', points: [] },
  ],
}

describe('plots', () => {
  it('leave out what cannot be drawn', () => {
    const points = [[0, Number.NaN], [1, Number.POSITIVE_INFINITY], [2], [], [3, 4]]
    const [plot] = plotsOf({ type: 'scatter', elements: [{ label: 'a', points }] })
    expect(plot).toMatchObject({ kind: 'scatter', series: [{ points: [[3, 4]], total: 1 }] })
  })

  it('leave out values that a logarithmic axis does not have', () => {
    const [plot] = plotsOf({
      type: 'line',
      y_scale: 'log',
      elements: [
        {
          points: [
            [0, 0],
            [1, -1],
            [2, 10],
          ],
        },
      ],
    })
    expect(plot).toMatchObject({ series: [{ points: [[2, 10]] }] })
  })

  it('keep the peaks of a line with a million points', () => {
    const points = Array.from({ length: 1_000_000 }, (_, index) => [index, index === 654_321 ? 99 : Math.sin(index)])
    const [plot] = plotsOf({ type: 'line', elements: [{ points }] })
    if (plot?.kind !== 'line') throw new Error('not a line')
    expect(plot.series[0]?.points.length).toBeLessThanOrEqual(maxLinePoints)
    expect(plot.series[0]?.points).toContainEqual([654_321, 99])
    expect(plot.series[0]?.total).toBe(1_000_000)
    const [cloud] = plotsOf({ type: 'scatter', elements: [{ points }] })
    expect(cloud).toMatchObject({ series: [{ total: 1_000_000 }] })
    if (cloud?.kind === 'scatter') expect(cloud.series[0]?.points).toHaveLength(maxScatterPoints)
  })

  it('of empty and of unknown charts', () => {
    expect(plotsOf({ type: 'unknown', elements: null })).toEqual([])
    expect(plotsOf({ type: 'composite_chart', elements: [] })).toEqual([])
    expect(plotsOf({ type: 'bar', elements: [] })).toMatchObject([{ kind: 'bar', labels: [], groups: [] }])
    expect(plotsOf({ type: 'box_and_whisker', elements: [{ label: 'a', min: 1 }] })).toMatchObject([{ boxes: [] }])
  })

  it('have one entry for each subplot', () => {
    const { type, ...rest } = line
    const chart: Chart = {
      type: 'composite_chart',
      elements: [
        { ...rest, type },
        { type: 'pie', elements: [] },
      ],
    }
    expect(plotsOf(chart).map(({ kind }) => kind)).toEqual(['line', 'pie'])
  })
})

describe('alt text', () => {
  it.each<[Chart, string]>([
    [line, 'Line chart “Load”, percent by time. cpu: 3 points, from 1 to 9; Series 2: no data.'],
    [
      {
        type: 'bar',
        elements: [
          { label: 'a', group: 'g', value: '1.5' },
          { label: 'b', group: 'g', value: '' },
        ],
      },
      'Bar chart. a 1.5, b none.',
    ],
    [{ type: 'pie', title: 'Shares', elements: [{ label: 'x', angle: 90 }] }, 'Pie chart “Shares”: x 25 %.'],
    [
      {
        type: 'box_and_whisker',
        elements: [{ label: 'm', min: 1, first_quartile: 2, median: 3, third_quartile: 4, max: 5, outliers: [9] }],
      },
      'Box plot. m: median 3, from 1 to 5, 1 outliers.',
    ],
    [{ type: 'unknown', elements: [] }, 'A chart whose values are not known.'],
  ])('says what the chart shows (%#)', (chart, text) => {
    expect(altText(plotsOf(chart))).toBe(text)
  })
})

describe('CSV', () => {
  it('has all values, quoted where needed', () => {
    const chart: Chart = { type: 'bar', elements: [{ label: 'a, "b"', group: '=1+1', value: '-2' }] }
    expect(toCsv(chartTable(chart))).toBe('label,group,value\r\n"a, ""b""",\'=1+1,-2\r\n')
  })

  it('names the subplot of each row', () => {
    const chart: Chart = {
      type: 'composite_chart',
      elements: [
        { type: 'line', title: 'one', elements: [{ label: 's', points: [[1, 2]] }] },
        { type: 'pie', elements: [{ label: 'p', value: '50', angle: 180 }] },
      ],
    }
    expect(chartTable(chart)).toEqual({
      columns: ['chart', 'series', 'x', 'y', 'label', 'percent', 'angle'],
      rows: [
        ['one', 's', 1, 2, '', '', ''],
        ['Chart 2', '', '', '', 'p', '50', 180],
      ],
    })
  })
})

describe('drawings', () => {
  const colors = { ink: '#000', muted: '#000', line: '#000', ground: '#fff', series: ['#00f', '#f00'] }

  it('of bars start at zero, those of lines where the values are', () => {
    const options = (chart: Chart) => plotsOf(chart).map((plot) => optionOf(plot, colors))
    const bars: Chart = { type: 'bar', elements: [{ label: 'a', group: 'g', value: '5' }] }
    expect(options(bars)).toMatchObject([{ yAxis: { scale: false } }])
    expect(options(line)).toMatchObject([{ yAxis: { scale: true } }])
  })
})
