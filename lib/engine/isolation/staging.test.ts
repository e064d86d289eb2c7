import { expect, test } from 'vitest'
import { stage } from './staging'

test('each source has one place, below a folder that hides no source', () => {
  const staging = stage(['/data/a', '/mnt/b', '/data/a'])
  const [area] = staging.place('/data/a').split('/').slice(1)
  expect(area).not.toBe('mnt')
  expect(staging.place('/data/a')).toBe(`/${area}/0`)
  expect(staging.place('/mnt/b')).toBe(`/${area}/1`)
  expect(() => staging.place('/other')).toThrow('/other')
})

test('the program comes after the sources, untouched', () => {
  const wrapped = stage(['/data/a b']).wrap(['setpriv', '--', 'bwrap'])
  expect(wrapped.slice(-5)).toEqual(['/data/a b', '--', 'setpriv', '--', 'bwrap'])
})
