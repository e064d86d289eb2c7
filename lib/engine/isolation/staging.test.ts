import { expect, test } from 'vitest'
import { stage } from './staging'

test('each source has one location, below a folder that hides no source', () => {
  const staging = stage(['/data/a', '/mnt/b', '/data/a'])
  const [area] = staging.pathOf('/data/a').split('/').slice(1)
  expect(area).not.toBe('mnt')
  expect(staging.pathOf('/data/a')).toBe(`/${area}/0`)
  expect(staging.pathOf('/mnt/b')).toBe(`/${area}/1`)
  expect(() => staging.pathOf('/other')).toThrow('/other')
})

test('the command follows the sources, unchanged', () => {
  const wrapped = stage(['/data/a b']).wrap(['setpriv', '--', 'bwrap'])
  expect(wrapped.slice(-5)).toEqual(['/data/a b', '--', 'setpriv', '--', 'bwrap'])
})
