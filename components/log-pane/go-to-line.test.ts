import { expect, test } from 'vitest'
import { parseLocation } from './go-to-line'

const start = new Date(2026, 10, 30, 23, 30, 0, 500).getTime()

test('line numbers, also with separators', () => {
  expect(parseLocation('5000000', null)).toEqual({ line: 5_000_000 })
  expect(parseLocation(' 5,000,000 ', null)).toEqual({ line: 5_000_000 })
  expect(parseLocation('12 345', null)).toEqual({ line: 12_345 })
  expect(parseLocation('0', null)).toBe('Lines are numbered from 1.')
  expect(parseLocation('1,2', null)).toMatch(/^Type a line number/)
})

test('percentages', () => {
  expect(parseLocation('50%', null)).toEqual({ percent: 50 })
  expect(parseLocation('99.5 %', null)).toEqual({ percent: 99.5 })
  expect(parseLocation('101%', null)).toBe('A percentage is at most 100.')
})

test('a time of day is on the day of the start, or on the next one if it is before the start', () => {
  expect(parseLocation('23:45', start)).toEqual({ time: new Date(2026, 10, 30, 23, 45).getTime() })
  expect(parseLocation('00:10:11.018', start)).toEqual({ time: new Date(2026, 11, 1, 0, 10, 11, 18).getTime() })
  expect(parseLocation('23:30:00', start)).toEqual({ time: new Date(2026, 10, 30, 23, 30).getTime() })
  expect(parseLocation('25:00', start)).toBe('This time of day does not exist.')
  expect(parseLocation('14:02', null)).toBe('This log has no recorded times.')
})

test('a date with a time', () => {
  expect(parseLocation('2026-12-01 14:02', null)).toEqual({ time: new Date(2026, 11, 1, 14, 2).getTime() })
})

test('anything else is explained', () => {
  for (const text of ['', 'abc', '12a', '%', '-5']) expect(parseLocation(text, start)).toMatch(/^Type a line number/)
})
