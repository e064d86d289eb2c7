import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  filesAddress,
  isWithin,
  joinPath,
  lineInAddress,
  nameOf,
  parentOf,
  pathInAddress,
  pathsDownTo,
  resolvePath,
} from './paths'

test('a path survives its address, whatever its names contain', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..')
  fc.assert(
    fc.property(fc.array(name), fc.constantFrom('local', 'staging'), (names, target) => {
      const path = `/${names.join('/')}`
      const url = new URL(filesAddress(target, 'box', path), 'http://console.invalid')
      expect(pathInAddress(url.pathname, url.searchParams)).toBe(path)
    }),
  )
})

test('a line is part of an address', () => {
  const url = new URL(filesAddress('local', 'box', '/a/b', 12), 'http://console.invalid')
  expect(pathInAddress(url.pathname, url.searchParams)).toBe('/a/b')
  expect(lineInAddress(url.searchParams)).toBe(12)
  for (const line of ['', '0', '-1', 'x', '1e9']) expect(lineInAddress(new URLSearchParams({ line }))).toBeNull()
})

test('an address without a path has none', () => {
  expect(pathInAddress('/sandboxes/box/files', new URLSearchParams())).toBeNull()
})

test('folders and names', () => {
  expect(parentOf('/a/b')).toBe('/a')
  expect(parentOf('/a')).toBe('/')
  expect(nameOf('/a/b c')).toBe('b c')
  expect(nameOf('/')).toBe('/')
  expect(joinPath('/', 'a')).toBe('/a')
  expect(pathsDownTo('/a/b')).toEqual(['/', '/a', '/a/b'])
  expect(isWithin('/a/b', '/a')).toBe(true)
  expect(isWithin('/ab', '/a')).toBe(false)
})

test('a typed path is relative to its folder', () => {
  expect(resolvePath('/a', 'b/../c')).toBe('/a/c')
  expect(resolvePath('/a', '../../..')).toBe('/')
  expect(resolvePath('/a', '//x//y/')).toBe('/x/y')
})
