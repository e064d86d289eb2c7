import { describe, expect, it } from 'vitest'
import { formatAge, formatBytes, formatCoarseAge, formatDuration, ordinal } from './quantity'

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [840.9, '840 ms'],
    [999.9, '999 ms'],
    [1_860, '1.8 s'],
    [59_990, '59.9 s'],
    [72_000, '1m 12s'],
    [11_040_000, '3h 4m'],
    [190_800_000, '2d 5h'],
  ])('%d ms reads %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })
})

describe('ages', () => {
  it('tick in whole seconds and are never negative, also when clocks differ', () => {
    expect(formatAge(-500)).toBe('0s')
    expect(formatAge(1_999)).toBe('1s')
    expect(formatAge(61_000)).toBe('1m 1s')
    expect(formatCoarseAge(7_300_000)).toBe('2 h')
  })
})

describe('ordinals', () => {
  it('have the suffix that English gives them', () => {
    expect([1, 2, 3, 4, 11, 12, 21, 102].map(ordinal)).toEqual([
      '1st',
      '2nd',
      '3rd',
      '4th',
      '11th',
      '12th',
      '21st',
      '102nd',
    ])
  })
})

describe('sizes', () => {
  it('are decimal', () => {
    expect([0, 812, 1_500, 20_000_000].map(formatBytes)).toEqual(['0 B', '812 B', '1.5 KB', '20.0 MB'])
  })
})
