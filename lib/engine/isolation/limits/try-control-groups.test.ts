import { expect, test } from 'vitest'
import { bestParent } from './try-control-groups'

const parent = (folder: string, enabled: string, isLimited = false) => ({
  folder,
  enabled: enabled.split(' '),
  isLimited,
})

test('the nearest group in which all can be limited is taken', () => {
  expect(
    bestParent([
      parent('a', ''),
      parent('b', 'memory pids'),
      parent('c', 'cpu memory pids'),
      parent('d', 'cpu memory pids'),
    ]),
  ).toBe('c')
})

test('where none can limit all, memory decides', () => {
  expect(bestParent([parent('a', 'pids'), parent('b', 'memory pids'), parent('c', 'memory')])).toBe('b')
})

test('a memory limit that others have set is not got around', () => {
  expect(bestParent([parent('a', 'memory'), parent('b', '', true), parent('c', 'cpu memory pids')])).toBe('a')
  expect(bestParent([parent('a', ''), parent('b', 'cpu memory pids', true), parent('c', 'cpu memory pids')])).toBe('b')
})

test('the limit of the own group binds, though nothing can be put into it', () => {
  expect(bestParent([parent('own', '', true), parent('above', 'cpu memory pids')])).toBeNull()
})

test('where memory can be limited nowhere there is none', () => {
  expect(bestParent([parent('a', 'cpu pids'), parent('b', '')])).toBeNull()
  expect(bestParent([])).toBeNull()
})
