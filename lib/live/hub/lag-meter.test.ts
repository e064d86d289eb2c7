import { expect, it } from 'vitest'
import { LagMeter, minReportedLag } from './lag-meter'

it('does not report a small lag', () => {
  const meter = new LagMeter()
  expect(meter.measure(minReportedLag, 0)).toBeNull()
  expect(meter.isLagging).toBe(false)
})

it('reports the lag, again only after a large change, and once when the viewer has caught up', () => {
  const meter = new LagMeter()
  const size = 100 * minReportedLag
  expect(meter.measure(size, 0)).toBe(size)
  expect(meter.measure(size, 10 * minReportedLag)).toBeNull()
  expect(meter.measure(size, 30 * minReportedLag)).toBe(70 * minReportedLag)
  expect(meter.measure(size, size - 1000)).toBe(0)
  expect(meter.measure(size, size)).toBeNull()
})

it('keeps reporting a small lag after a large one', () => {
  const meter = new LagMeter()
  meter.measure(2 * minReportedLag, 0)
  expect(meter.measure(2 * minReportedLag, minReportedLag + minReportedLag / 2)).toBe(minReportedLag / 2)
})
