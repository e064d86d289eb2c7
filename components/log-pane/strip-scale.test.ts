import { expect, test } from 'vitest'
import { heightOfOffset, offsetAtHeight, stripBars } from './strip-scale'

const quiet = { offsets: [0, 100, 100, 100, 1000] }

test('heights and offsets are inverse to each other where there is output', () => {
  for (const offset of [0, 1, 50, 99, 100, 550, 999]) {
    const height = heightOfOffset(quiet, offset)
    expect(Math.abs(offsetAtHeight(quiet, height + 1e-9) - offset)).toBeLessThanOrEqual(1)
  }
})

test('a time without output leads to what was printed next', () => {
  expect(offsetAtHeight(quiet, 0.3)).toBe(100)
  expect(offsetAtHeight(quiet, 0.7)).toBe(100)
  expect(offsetAtHeight(quiet, 2)).toBe(1000)
  expect(offsetAtHeight(quiet, -1)).toBe(0)
  expect(heightOfOffset(quiet, 1000)).toBe(1)
})

test('bars are long where much was printed and show the share of stderr', () => {
  const parts = { size: 400, lines: 4, by: 'time', startMs: 0, endMs: 1 } as const
  const bars = stripBars({ ...parts, offsets: [0, 100, 100, 400], lineCounts: [1, 0, 3], stderrBytes: [50, 0, 0] })
  expect(bars.map(({ stderr }) => stderr)).toEqual([0.5, 0, 0])
  expect(bars[1]?.length).toBe(0)
  expect(bars[2]?.length).toBe(1)
  const same = stripBars({ ...parts, offsets: [0, 100, 200], lineCounts: [1, 4], stderrBytes: [0, 0] })
  expect(same.map(({ length }) => length)).toEqual([0.5, 1])
})

test('an empty log has no bars and no division by zero', () => {
  const empty = { size: 0, lines: 0, by: 'bytes', startMs: null, endMs: null } as const
  expect(stripBars({ ...empty, offsets: [0, 0], lineCounts: [0], stderrBytes: [0] })).toEqual([
    { length: 0, stderr: 0 },
  ])
  expect(heightOfOffset({ offsets: [0, 0] }, 0)).toBe(0)
})
