import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalisedPath } from './request-target'

describe('normalisedPath', () => {
  it.each([
    ['/_next/static/../../api/x', '/api/x'],
    ['/_next/static/%2e%2e/%2E%2e/api/x?y=1', '/api/x?y=1'],
    ['/plain?x=1', '/plain?x=1'],
    ['/a//b', '/a//b'],
    ['/x?a=\\&b=%', '/x?a=\\&b=%'],
    ['/a%2Fb', '/a%2Fb'],
    ['/?', '/'],
  ])('reads %s as %s', (target, expected) => {
    expect(normalisedPath(target)).toBe(expected)
  })

  it.each([
    undefined,
    '',
    '*',
    '?x',
    'x',
    ':80',
    '@evil.example/x',
    'http://evil.example/',
    '//',
    '//x/%2e%2e',
    '//evil.example/x',
    '///x',
    '/x/..//y',
    '/.//evil.example',
    '/%2e//evil.example',
    '/a\\..\\b',
    '/\\evil.example',
    '/x#y',
    '/%',
    '/%zz',
    '/%ff',
    '/%e2%82',
  ])('refuses %j', (target) => {
    expect(normalisedPath(target)).toBeNull()
  })

  const segment = fc.constantFrom(
    '/',
    '//',
    '.',
    '..',
    '%2e',
    '%2E%2e',
    '%2f',
    '%5c',
    '\\',
    '%',
    '%ff',
    '?',
    '#',
    '@',
    ':',
    'a',
    '*',
    '[',
    '\0',
    'é',
  )
  const target = fc.oneof(
    fc.array(segment, { maxLength: 12 }).map((segments) => segments.join('')),
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `/${text}`),
  )

  it('never throws, returns a decodable path on this host, and leaves its own result unchanged', () => {
    fc.assert(
      fc.property(target, (text) => {
        const read = normalisedPath(text)
        if (read === null) return
        const url = new URL(read, 'http://console.invalid')
        expect(url.host).toBe('console.invalid')
        expect(url.pathname + url.search).toBe(read)
        expect(() => decodeURIComponent(url.pathname)).not.toThrow()
        expect(normalisedPath(read)).toBe(read)
      }),
      { numRuns: 5_000 },
    )
  })
})
