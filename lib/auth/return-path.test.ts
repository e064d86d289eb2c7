import { expect, it } from 'vitest'
import { safeReturnPath } from './return-path'

it.each(['/', '/sandboxes/a/run', '/sandboxes/a?tab=1&x=%2F%2Fevil', '/a#part'])('returns to %s', (path) => {
  expect(safeReturnPath(path)).toBe(path)
})

it.each([
  null,
  undefined,
  '',
  'sandboxes',
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  ' //evil.example',
  'javascript:alert(1)',
  '/./\\/evil.example',
  '/..//evil.example',
  '/sandboxes/..//evil.example',
  '/sign-in?token=x',
  '/sign-in',
  '/sign-out',
  '/api/targets/local/sandboxes',
  '/_next/data',
  `/${'a'.repeat(3000)}`,
])('does not return to %j', (path) => {
  expect(safeReturnPath(path)).toBe('/')
})
