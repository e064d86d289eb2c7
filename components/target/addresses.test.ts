import { expect, test } from 'vitest'
import { homeAddress, readAddress, sandboxAddress } from './addresses'

test('the engine of this installation has short addresses, others have their name in them', () => {
  expect(homeAddress('local')).toBe('/')
  expect(sandboxAddress('local', 'box', 'run', 'a/b')).toBe('/sandboxes/box/run/a%2Fb')
  expect(homeAddress('staging')).toBe('/targets/staging')
  expect(sandboxAddress('staging', 'box', 'run')).toBe('/targets/staging/sandboxes/box/run')
})

test('an address is read as it was made', () => {
  for (const target of ['local', 'staging']) {
    expect(readAddress(homeAddress(target))).toEqual({ target, sandboxId: null, rest: [] })
    expect(readAddress(sandboxAddress(target, 'box', 'sessions', 'a/b', 'c'))).toEqual({
      target,
      sandboxId: 'box',
      rest: ['sessions', 'a/b', 'c'],
    })
  }
})

test('other pages are of the local engine and of no sandbox', () => {
  for (const path of ['/sign-in', '/nope/box', '/targets', '/%']) {
    expect(readAddress(path)).toMatchObject({ target: 'local', sandboxId: null })
  }
})
