import { expect, test } from 'vitest'
import { attachment, matchFileRequest, nameOf } from './file-requests'

const sandboxId = '0190f2c0-0000-7000-8000-000000000000'
const urlOf = (kind: string, query: Record<string, string>, id = sandboxId) =>
  new URL(`/api/targets/local/sandboxes/${id}/files/${kind}?${new URLSearchParams(query)}`, 'http://console.invalid')

test('each kind of transfer has its own method', () => {
  const path = '/home/a b/ü\n'
  expect(matchFileRequest('GET', urlOf('download', { path }))).toMatchObject({ kind: 'download', sandboxId, path })
  expect(matchFileRequest('HEAD', urlOf('archive', { path }))).toMatchObject({ kind: 'archive' })
  expect(matchFileRequest('PUT', urlOf('upload', { path, replace: 'true' }))).toMatchObject({ replace: true })
  expect(matchFileRequest('GET', urlOf('upload', { path }))).toBeNull()
  expect(matchFileRequest('POST', urlOf('upload', { path }))).toBeNull()
  expect(matchFileRequest('PUT', urlOf('download', { path }))).toBeNull()
  expect(matchFileRequest('GET', urlOf('info', { path }))).toBeNull()
})

test.each([
  ['a relative path', { path: 'a' }, sandboxId],
  ['a NUL', { path: '/a\0' }, sandboxId],
  ['a missing path', {}, sandboxId],
  ['a path that is too long', { path: `/${'a'.repeat(4_096)}` }, sandboxId],
  ['an id that is not one', { path: '/a' }, '..%2F..'],
  ['an id with invalid encoding', { path: '/a' }, '%ff'],
])('%s is refused', (_case, query, id) => {
  expect(() => matchFileRequest('GET', urlOf('download', query, id))).toThrow('not valid')
})

test('a file name cannot end its header or its quotes', () => {
  expect(attachment('a"b\\\r\n漢.txt')).toBe(
    `attachment; filename="a_b____.txt"; filename*=UTF-8''a%22b%5C%0D%0A%E6%BC%A2.txt`,
  )
  expect(attachment("it's (1)*.txt")).toContain("filename*=UTF-8''it%27s%20%281%29%2A.txt")
  expect(nameOf('/')).toBe('files')
})
