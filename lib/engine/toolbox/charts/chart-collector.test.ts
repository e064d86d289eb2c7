import { describe, expect, it } from 'vitest'
import type { Chart } from '@/lib/process-api/charts'
import { ChartCollector } from './chart-collector'

function frame(value: unknown): Buffer {
  const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  const head = Buffer.alloc(4)
  head.writeUInt32LE(body.length)
  return Buffer.concat([head, body])
}

function collect(limit = 1000) {
  const charts: Chart[] = []
  return { charts, collector: new ChartCollector(limit, (chart) => charts.push(chart)) }
}

const line = { type: 'line', elements: [{ label: 'a', points: [[0, 1]] }] }

describe('charts of a run', () => {
  it('are read however their bytes are split', () => {
    const { charts, collector } = collect()
    const bytes = Buffer.concat([frame(line), frame({ ...line, title: 'é' })])
    for (const byte of bytes) collector.push(Uint8Array.of(byte))
    expect(charts).toEqual([line, { ...line, title: 'é' }])
    const whole = collect()
    whole.collector.push(bytes)
    expect(whole.charts).toEqual(charts)
  })

  it('are only counted if they are invalid or exceed the limit', () => {
    const { charts, collector } = collect(200)
    collector.push(frame('no json'))
    collector.push(frame(''))
    collector.push(frame({ type: 'unheard of', elements: [] }))
    collector.push(frame({ ...line, title: 'x'.repeat(500) }))
    collector.push(frame(line))
    expect(charts).toEqual([line])
    expect(collector.dropped).toBe(4)
  })

  it('are only counted beyond the ten thousandth', () => {
    const { charts, collector } = collect(10_000_000)
    for (let i = 0; i < 10_010; i += 1) collector.push(frame(line))
    expect([charts.length, collector.dropped]).toEqual([10_000, 10])
  })

  it('lose fields that the contract does not have, and keep the others, in subplots too', () => {
    const { charts, collector } = collect()
    collector.push(frame({ type: 'composite_chart', odd: 1, elements: [{ ...line, x_scale: 'datetime', odd: 2 }] }))
    expect(charts).toEqual([{ type: 'composite_chart', elements: [{ ...line, x_scale: 'datetime' }] }])
  })
})
