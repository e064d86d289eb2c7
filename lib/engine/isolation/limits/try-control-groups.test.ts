import { expect, test } from 'vitest'
import { bestParent } from './try-control-groups'

const parent = (folder: string, enabled: string, isLimited = false) => ({
  folder,
  enabled: enabled.split(' '),
  isLimited,
})

test('takes the nearest group where everything can be limited', () => {
  expect(
    bestParent([
      parent('a', ''),
      parent('b', 'memory pids'),
      parent('c', 'cpu memory pids'),
      parent('d', 'cpu memory pids'),
    ]),
  ).toBe('c')
})

test('prefers memory when no group can limit everything', () => {
  expect(bestParent([parent('a', 'pids'), parent('b', 'memory pids'), parent('c', 'memory')])).toBe('b')
})

test('does not bypass a memory limit that others have set', () => {
  expect(bestParent([parent('a', 'memory'), parent('b', '', true), parent('c', 'cpu memory pids')])).toBe('a')
  expect(bestParent([parent('a', ''), parent('b', 'cpu memory pids', true), parent('c', 'cpu memory pids')])).toBe('b')
})

test('respects the limit of its own group, even if that cannot be divided', () => {
  expect(bestParent([parent('own', '', true), parent('above', 'cpu memory pids')])).toBeNull()
})

test('is null when memory cannot be limited anywhere', () => {
  expect(bestParent([parent('a', 'cpu pids'), parent('b', '')])).toBeNull()
  expect(bestParent([])).toBeNull()
})
