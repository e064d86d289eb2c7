import { describe, expect, test } from 'vitest'
import { findSuspect, type Observation } from './suspect'

const mebibyte = 1024 ** 2
const quiet: Omit<Observation<string>, 'subject'> = { growth: 0, recentGrowth: 0, written: { disk: 0, calls: 0 } }
const written = (disk: number, calls = disk) => ({ written: { disk: disk * mebibyte, calls: calls * mebibyte } })

describe('which sandbox fills the disk', () => {
  test('the one that grew most', () => {
    const found = findSuspect(
      [
        { ...quiet, subject: 'small', growth: 4 * mebibyte, recentGrowth: null },
        { ...quiet, subject: 'large', growth: 300 * mebibyte, recentGrowth: null },
      ],
      true,
    )
    expect(found).toEqual({ subject: 'large', why: 'grew', bytes: 300 * mebibyte })
  })

  test('an unmeasurable one, before any that grew', () => {
    const found = findSuspect(
      [
        { ...quiet, subject: 'grown', growth: 300 * mebibyte, recentGrowth: 300 * mebibyte, ...written(300) },
        { ...quiet, subject: 'hidden', growth: null, recentGrowth: null },
      ],
      false,
    )
    expect(found).toMatchObject({ subject: 'hidden', why: 'not-measurable' })
  })

  test('of several unmeasurable ones, the one that wrote most', () => {
    const hidden = { ...quiet, growth: null, recentGrowth: null }
    const found = findSuspect(
      [
        { ...hidden, subject: 'reader', ...written(1) },
        { ...hidden, subject: 'writer', ...written(500) },
      ],
      false,
    )
    expect(found?.subject).toBe('writer')
  })

  test('growth measured while frozen counts more than growth since an ordinary measurement', () => {
    // The attacker had files counted several times before, so that it seems to have shrunk.
    const found = findSuspect(
      [
        { ...quiet, subject: 'neighbour', growth: 40 * mebibyte, recentGrowth: 0.2 * mebibyte },
        { ...quiet, subject: 'attacker', growth: -900 * mebibyte, recentGrowth: 12 * mebibyte },
      ],
      true,
    )
    expect(found).toMatchObject({ subject: 'attacker', why: 'grew' })
  })

  test('of two with similar growth, the one that wrote more', () => {
    const found = findSuspect(
      [
        { ...quiet, subject: 'first', growth: 20 * mebibyte + 1, ...written(3) },
        { ...quiet, subject: 'second', growth: 20 * mebibyte, ...written(90) },
      ],
      true,
    )
    expect(found?.subject).toBe('second')
  })

  test('without growth, the largest writer while free space falls', () => {
    const observations = [
      { ...quiet, subject: 'a', ...written(2) },
      { ...quiet, subject: 'b', ...written(60, 1) },
      { ...quiet, subject: 'c', ...written(0, 900) },
    ]
    expect(findSuspect(observations, true)).toEqual({ subject: 'b', why: 'wrote', bytes: 60 * mebibyte })
    expect(findSuspect(observations, false)).toBeNull()
  })

  test('on a file system in memory, by the bytes passed to write(2)', () => {
    const observations = [
      { ...quiet, subject: 'a', ...written(0, 2) },
      { ...quiet, subject: 'b', ...written(0, 60) },
    ]
    expect(findSuspect(observations, true)).toMatchObject({ subject: 'b', why: 'wrote' })
  })

  test('none for small writes, and none when nothing runs', () => {
    const little = { ...quiet, growth: mebibyte - 1, recentGrowth: mebibyte - 1, ...written(0.5) }
    expect(findSuspect([{ ...little, subject: 'a' }], true)).toBeNull()
    expect(findSuspect([], true)).toBeNull()
  })
})
