import { expect, test } from 'vitest'
import { chooseSeccomp } from './choose'
import { seccompFilter } from './filter'

const help = '    --seccomp FD                 Load and use seccomp rules from FD'
const machine = { architecture: 'x64', kernelFilters: true }

test('with all prerequisites, the filter is used without a warning', () => {
  expect(chooseSeccomp(help, machine)).toEqual({ filter: seccompFilter('x64'), weakness: null })
  expect(chooseSeccomp(help, { ...machine, architecture: 'arm64' }).filter).toEqual(seccompFilter('arm64'))
})

test.each([
  ['an unknown processor', help, { ...machine, architecture: 'riscv64' }, 'its processor (riscv64)'],
  ['a bubblewrap without the option', '--args FD', machine, 'the installed bubblewrap cannot set a filter'],
  ['a kernel without filters', help, { ...machine, kernelFilters: false }, 'kernel is built without filters'],
])('%s results in a warning', (_, text, on, reason) => {
  const { filter, weakness } = chooseSeccomp(text, on)
  expect(filter).toBeNull()
  expect(weakness).toContain('may make every system call')
  expect(weakness).toContain(reason)
})
