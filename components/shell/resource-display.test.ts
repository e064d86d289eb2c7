import { expect, test } from 'vitest'
import type { LimitsReport } from '@/lib/process-api/sandbox'
import { resourceDisplay } from './resource-display'

const sandbox = (limits?: LimitsReport) => ({
  memory: 4,
  cpu: 1,
  isolation: { kind: 'bubblewrap' as const, network: 'private' as const, warnings: [], ...(limits ? { limits } : {}) },
})

test('a target that does not report limits gets no explanation', () => {
  expect(resourceDisplay({ memory: 4, cpu: 2 })).toEqual({
    text: '4 GiB · 2 cores',
    explanation: null,
    isWeak: false,
  })
})

test('limits by control groups are explained and named', () => {
  const words = resourceDisplay(
    sandbox({ by: 'cgroup v2', memory: 'sandbox', cpu: 'sandbox', processes: 4096, disk: 'none' }),
  )
  expect(words).toMatchObject({ text: '4 GiB · 1 core', isWeak: false })
  expect(words.explanation).toMatch(/4096 processes.*Disk space is not limited.*cgroup v2/)
})

test('limits of single processes, or none, are shown as weak', () => {
  const message = 'There are no control groups for sandboxes, because control groups are read-only here.'
  const loose = resourceDisplay(
    sandbox({ by: 'rlimits', memory: 'process', cpu: 'none', processes: null, disk: 'none', message }),
  )
  expect(loose).toMatchObject({ text: '4 GiB · 1 core, loosely enforced', isWeak: true })
  expect(loose.explanation).toMatch(/together can use more.*read-only here/)
  const none = resourceDisplay(sandbox({ by: 'none', memory: 'none', cpu: 'none', processes: null, disk: 'none' }))
  expect(none).toMatchObject({ text: '4 GiB · 1 core, not enforced', isWeak: true })
})
