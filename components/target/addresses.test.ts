import { expect, test } from 'vitest'
import { homeAddress, readAddress, sandboxAddress } from './addresses'

test('addresses of the local engine are short, others contain the name of their target', () => {
  expect(homeAddress('local')).toBe('/')
  expect(sandboxAddress('local', 'box', 'run', 'a/b')).toBe('/sandboxes/box/run/a%2Fb')
  expect(homeAddress('staging')).toBe('/targets/staging')
  expect(sandboxAddress('staging', 'box', 'run')).toBe('/targets/staging/sandboxes/box/run')
})

test('a generated address parses back into its parts', () => {
  for (const target of ['local', 'staging']) {
    expect(readAddress(homeAddress(target))).toEqual({ target, sandboxId: null, rest: [] })
    expect(readAddress(sandboxAddress(target, 'box', 'sessions', 'a/b', 'c'))).toEqual({
      target,
      sandboxId: 'box',
      rest: ['sessions', 'a/b', 'c'],
    })
  }
})

test('other pages belong to the local engine and to no sandbox', () => {
  for (const path of ['/sign-in', '/nope/box', '/targets', '/%']) {
    expect(readAddress(path)).toMatchObject({ target: 'local', sandboxId: null })
  }
})
