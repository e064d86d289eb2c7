import { expect, it } from 'vitest'
import { timeText } from './times'

it('writes times of day, since the start, and since the line before', () => {
  const at = new Date(2026, 0, 2, 14, 2, 11, 18).getTime()
  expect(timeText('clock', at, null)).toBe('14:02:11.018')
  expect(timeText('start', at, at - 1_234)).toBe('+1.234')
  expect(timeText('previous', at, at - 62_003)).toBe('+1:02.003')
  expect(timeText('previous', at, at - 3_602_003)).toBe('+1:00:02.003')
  expect(timeText('previous', at, at + 5)).toBe('+0.000')
})

it('writes nothing where a time is unknown', () => {
  expect(timeText('clock', null, null)).toBe('')
  expect(timeText('start', 5, null)).toBe('')
  expect(timeText('previous', Number.NEGATIVE_INFINITY, 5)).toBe('')
})
