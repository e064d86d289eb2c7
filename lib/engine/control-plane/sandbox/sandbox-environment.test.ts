import { expect, test } from 'vitest'
import { changedEnvironment, toolboxVariables } from './sandbox-environment'

const given = { PATH: '/bin', HOME: '/home/daytona', A: 'secret:1', B: 'secret:2', C: '3' }
const before = { env: { A: 'secret:1', B: 'secret:2', C: '3' }, unsetEnv: [] }

test('unset prefix applies first, then unset names, then set values', () => {
  const change = { set: { B: 'new', D: '4' }, unset: ['C', 'D', 'HOME'], unsetValuePrefix: 'secret:' }
  const next = changedEnvironment(before, change, given)
  expect(next.env).toEqual({ B: 'new', D: '4' })
  expect(toolboxVariables(next)).toEqual({ A: null, C: null, HOME: null, B: 'new', D: '4' })
})

test('a variable that was unset can be set again', () => {
  const without = changedEnvironment(before, { unset: ['PATH', 'A'] }, {})
  expect(toolboxVariables(without)).toMatchObject({ PATH: null, A: null })
  const again = changedEnvironment(without, { set: { PATH: '/opt' } }, {})
  expect(toolboxVariables(again)).toEqual({ A: null, PATH: '/opt', B: 'secret:2', C: '3' })
})

test('an empty change does nothing; an empty prefix matches nothing', () => {
  expect(changedEnvironment(before, {}, given)).toEqual(before)
  expect(changedEnvironment(before, { unsetValuePrefix: '', set: null, unset: null }, given)).toEqual(before)
})
