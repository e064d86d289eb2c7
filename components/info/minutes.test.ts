import { describe, expect, it } from 'vitest'
import { labelProblem, labelRows, toLabels } from './label-rows'
import { formatMinutes, parseMinutes } from './minutes'

describe('intervals', () => {
  it.each([
    ['', null],
    ['  ', null],
    ['0', 0],
    ['15', 15],
    ['15 min', 15],
    ['1.5 h', 90],
    ['2H', 120],
    ['7 d', 10_080],
    ['0.001 h', undefined],
    ['-1', undefined],
    ['soon', undefined],
    ['1 h 30 min', undefined],
  ])('reads %j', (text, minutes) => {
    expect(parseMinutes(text)).toBe(minutes)
  })

  it.each([0, 1, 59, 60, 90, 1440, 10_080])('reads what it has formatted: %i minutes', (minutes) => {
    expect(parseMinutes(formatMinutes(minutes))).toBe(minutes)
  })
})

describe('labels', () => {
  it('are sorted, trimmed and without empty rows', () => {
    const rows = [
      ...labelRows({ b: '2', a: '1' }),
      { key: 'x', name: ' c ', value: '3' },
      { key: 'y', name: '', value: '' },
    ]
    expect(rows.map((row) => row.name)).toEqual(['a', 'b', ' c ', ''])
    expect(labelProblem(rows)).toBeNull()
    expect(toLabels(rows)).toEqual({ a: '1', b: '2', c: '3' })
  })

  it('need a name that no other label has', () => {
    expect(labelProblem([{ key: 'x', name: '', value: '3' }])).toBe('Every label needs a name.')
    const twice = [...labelRows({ a: '1' }), { key: 'x', name: 'a ', value: '' }]
    expect(labelProblem(twice)).toBe('There are two labels with the name a.')
  })
})
