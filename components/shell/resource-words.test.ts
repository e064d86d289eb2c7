import { expect, test } from 'vitest'
import type { LimitsReport } from '@/lib/process-api/sandbox'
import { resourceWords } from './resource-words'

const sandbox = (limits?: LimitsReport) => ({
  memory: 4,
  cpu: 1,
  isolation: { kind: 'bubblewrap' as const, network: 'private' as const, warnings: [], ...(limits ? { limits } : {}) },
})

test('a deployment that tells nothing of its limits is not said to have any', () => {
  expect(resourceWords({ memory: 4, cpu: 2 })).toEqual({
    text: '4 GiB · 2 cores',
    explanation: null,
    isLoose: false,
  })
})

test('control groups are named, with all that they hold', () => {
  const words = resourceWords(
    sandbox({ by: 'cgroup v2', memory: 'sandbox', cpu: 'sandbox', processes: 4096, disk: 'none' }),
  )
  expect(words).toMatchObject({ text: '4 GiB · 1 core', isLoose: false })
  expect(words.explanation).toMatch(/4096 processes.*Disk space is not limited.*cgroup v2/)
})

test('limits of single processes, or none, are not sold as more', () => {
  const message = 'There are no control groups for sandboxes, because control groups are read-only here.'
  const loose = resourceWords(
    sandbox({ by: 'rlimits', memory: 'process', cpu: 'none', processes: null, disk: 'none', message }),
  )
  expect(loose).toMatchObject({ text: '4 GiB · 1 core, loosely enforced', isLoose: true })
  expect(loose.explanation).toMatch(/together can use more.*read-only here/)
  const none = resourceWords(sandbox({ by: 'none', memory: 'none', cpu: 'none', processes: null, disk: 'none' }))
  expect(none).toMatchObject({ text: '4 GiB · 1 core, not enforced', isLoose: true })
})
