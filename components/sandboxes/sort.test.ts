import { describe, expect, it } from 'vitest'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { defaultSort, formatSort, nextSort, parseSort, sortColumns, sortSandboxes } from './sort'

function sandbox(name: string, more: Partial<SandboxListItem> = {}): SandboxListItem {
  return {
    id: name,
    organizationId: 'o',
    name,
    user: 'u',
    labels: {},
    public: false,
    networkBlockAll: false,
    target: 't',
    cpu: 1,
    gpu: 0,
    memory: 1,
    disk: 1,
    toolboxProxyUrl: '',
    ...more,
  }
}

const names = (list: readonly SandboxListItem[]) => list.map(({ name }) => name)

describe('the order of sandboxes', () => {
  it.each(sortColumns)('by %s is the same after a round trip through the address', (column) => {
    for (const descending of [true, false]) {
      expect(parseSort(formatSort({ column, descending }))).toEqual({ column, descending })
    }
  })

  it('is the default for an address of another version', () => {
    expect(parseSort('-memory')).toEqual(defaultSort)
    expect(parseSort('')).toEqual(defaultSort)
  })

  it('starts with A, and with the newest for times', () => {
    expect(nextSort(defaultSort, 'name')).toEqual({ column: 'name', descending: false })
    expect(nextSort({ column: 'name', descending: false }, 'name')).toEqual({ column: 'name', descending: true })
    expect(nextSort({ column: 'name', descending: false }, 'activity')).toEqual({
      column: 'activity',
      descending: true,
    })
  })

  it('compares numbers in names as numbers', () => {
    const list = [sandbox('job-10'), sandbox('job-9'), sandbox('Job-1')]
    expect(names(sortSandboxes(list, { column: 'name', descending: false }))).toEqual(['Job-1', 'job-9', 'job-10'])
  })

  it('puts the newest first by default, and those without a time last', () => {
    const list = [
      sandbox('none'),
      sandbox('old', { createdAt: '2026-01-01' }),
      sandbox('new', { createdAt: '2026-02-01' }),
    ]
    expect(names(sortSandboxes(list, defaultSort))).toEqual(['new', 'old', 'none'])
  })

  it('sorts 5,000 sandboxes', () => {
    const list = Array.from({ length: 5_000 }, (_, index) => sandbox(`job-${(index * 7919) % 5_000}`))
    expect(names(sortSandboxes(list, { column: 'name', descending: true })).slice(0, 2)).toEqual([
      'job-4999',
      'job-4998',
    ])
  })
})
