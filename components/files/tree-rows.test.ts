import { expect, test } from 'vitest'
import type { FileInfo } from '@/lib/process-api/files'
import { treeRows } from './tree-rows'

function entry(name: string, isDir = false): FileInfo {
  const at = '2026-01-02T15:04:05Z'
  const mode = isDir ? 'drwxr-xr-x' : '-rw-r--r--'
  return { name, size: 1, mode, modTime: at, modifiedAt: at, isDir, owner: '1', group: '1', permissions: '0644' }
}

test('open folders are followed by their contents, folders come first and numbers are in order', () => {
  const folders = new Map([
    ['/home', { entries: [entry('b10'), entry('b9'), entry('src', true), entry('empty', true)] }],
    ['/home/src', { entries: [entry('main.py')] }],
    ['/home/empty', { entries: [] }],
  ])
  const rows = treeRows('/home', folders, new Set(['/home/src', '/home/empty']))
  expect(rows.map((row) => `${'  '.repeat(row.depth)}${row.kind === 'entry' ? row.name : `(${row.note})`}`)).toEqual([
    'empty',
    '  (empty)',
    'src',
    '  main.py',
    'b9',
    'b10',
  ])
  expect(rows[4]).toMatchObject({ position: 3, siblings: 4 })
})

test('a folder that is being read, and one that failed, have a row each', () => {
  const folders = new Map([
    ['/', { entries: [entry('a', true), entry('b', true)] }],
    ['/b', { error: 'Permission denied.' }],
  ])
  const rows = treeRows('/', folders, new Set(['/a', '/b']))
  expect(rows.filter((row) => row.kind === 'note')).toEqual([
    { kind: 'note', path: '/a', depth: 1, note: 'loading', message: undefined },
    { kind: 'note', path: '/b', depth: 1, note: 'failed', message: 'Permission denied.' },
  ])
})
