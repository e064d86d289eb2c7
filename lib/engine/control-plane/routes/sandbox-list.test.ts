import { expect, test } from 'vitest'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { queryOf } from '../../http/operation-request'
import { newRecord } from '../sandbox/sandbox-record'
import { type ListedSandbox, listPage } from './sandbox-list'

function sandbox(number: number, change: Partial<ListedSandbox['record']> = {}): ListedSandbox {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  return { record: { ...newRecord(id, { name: `box-${number}` }), ...change }, state: 'started' }
}

function parsed(query: Record<string, string> | string) {
  return queryOf(sandboxOperations.listSandboxes, { search: new URLSearchParams(query) })
}

const names = (items: ListedSandbox[]) => items.map((item) => item.record.name)

test('pages visit every sandbox once, in order, though times are equal', () => {
  const all = Array.from({ length: 25 }, (_, number) => sandbox(number, { lastActivityAt: '2026-01-01T00:00:00.000Z' }))
  const seen: string[] = []
  let cursor: string | null = ''
  let pages = 0
  while (cursor !== null) {
    const page: ReturnType<typeof listPage> = listPage(all, parsed(cursor ? { limit: '10', cursor } : { limit: '10' }))
    seen.push(...names(page.items))
    cursor = page.nextCursor
    pages += 1
  }
  expect(pages).toBe(3)
  expect(new Set(seen).size).toBe(25)
})

test('a cursor holds though its sandbox was deleted meanwhile', () => {
  const all = Array.from({ length: 6 }, (_, number) => sandbox(number))
  const query = { limit: '2', sort: 'name', order: 'asc' }
  const first = listPage(all, parsed(query))
  const left = all.filter((item) => item.record.name !== 'box-1')
  const second = listPage(left, parsed({ ...query, cursor: first.nextCursor ?? '' }))
  expect(names(first.items)).toEqual(['box-0', 'box-1'])
  expect(names(second.items)).toEqual(['box-2', 'box-3'])
})

test('labels, states and a name prefix in any case narrow the list', () => {
  const all = [
    sandbox(1, { labels: { team: 'api', tier: 'one' } }),
    sandbox(2, { labels: { team: 'api' } }),
    { ...sandbox(3), state: 'stopped' as const },
  ]
  expect(names(listPage(all, parsed({ labels: '{"team":"api","tier":"one"}' })).items)).toEqual(['box-1'])
  expect(names(listPage(all, parsed('states=stopped&states=error')).items)).toEqual(['box-3'])
  expect(names(listPage(all, parsed('name=BOX-2')).items)).toEqual(['box-2'])
})

test.each([
  ['limit=0', /limit/],
  ['limit=x', /limit/],
  ['states=destroyed', /states/],
  ['labels=nonsense', /labels/],
  ['cursor=nonsense', /cursor/],
  ['createdAtAfter=yesterday', /createdAtAfter/],
])('%s is refused with the name of what is wrong', (query, message) => {
  expect(() => listPage([], parsed(query))).toThrow(message)
})
