import { expect, test } from 'vitest'
import { terminalPanesOf, terminalPath } from './terminal-location'

test('the terminals side by side are in the address, each once and at most four', () => {
  const path = terminalPath('local', 'box', ['sh-1', 'a:b@c'])
  expect(path).toBe('/sandboxes/box/terminal/sh-1/a%3Ab%40c')
  expect(terminalPanesOf(path)).toEqual(['sh-1', 'a:b@c'])
  expect(terminalPanesOf('/targets/far/sandboxes/box/terminal')).toEqual([])
  expect(terminalPanesOf('/sandboxes/box/terminal/a/b/a/c/d/e')).toEqual(['a', 'b', 'c', 'd'])
})
