import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { padding, type TarEntry, tarEnd, tarHeader } from './tar'

const modifiedAt = new Date('2026-01-02T15:04:05.250Z')

function archive(entries: readonly (Omit<TarEntry, 'size' | 'modifiedAt'> & { text?: string })[]): Buffer {
  const parts = entries.flatMap(({ text = '', ...entry }) => {
    const body = Buffer.from(text)
    return [tarHeader({ ...entry, size: body.length, modifiedAt }), body, padding(body.length)]
  })
  return Buffer.concat([...parts, tarEnd()])
}

function tar(options: string[], input: Buffer): string {
  return execFileSync('tar', [...options, '-f', '-'], { input, encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } })
}

test('tar lists names, modes, times and links of an archive as they were written', () => {
  const long = `dir/${'漢'.repeat(80)}/${'x'.repeat(120)}`
  const bytes = archive([
    { path: 'dir', kind: 'folder', mode: 0o755 },
    { path: 'dir/a.txt', kind: 'file', mode: 0o640, text: 'hello' },
    { path: long, kind: 'file', mode: 0o600, text: 'x'.repeat(513) },
    { path: 'dir/link', kind: 'link', mode: 0o777, link: '../über' },
  ])
  const listed = tar(['-tv', '--quoting-style=literal', '--full-time', '--numeric-owner'], bytes)
  expect(listed.split('\n')).toEqual([
    expect.stringMatching(/^drwxr-xr-x .* dir\/$/),
    expect.stringMatching(/^-rw-r----- .* 5 2026-01-02 15:04:05\.25 dir\/a\.txt$/),
    expect.stringMatching(new RegExp(`^-rw------- .* 513 .* ${long}$`)),
    expect.stringMatching(/^lrwxrwxrwx .* dir\/link -> \.\.\/über$/),
    '',
  ])
  expect(tar(['-xO', 'dir/a.txt'], bytes)).toBe('hello')
})

test('a name cannot end its header early', () => {
  const name = 'new\nline 9 path=other\n'
  expect(tar(['-t', '--quoting-style=escape'], archive([{ path: name, kind: 'file', mode: 0o644 }]))).toBe(
    'new\\nline 9 path=other\\n\n',
  )
})

test('a size beyond eight gigabytes is in a record of its own', () => {
  const header = tarHeader({ path: 'big', kind: 'file', mode: 0o644, size: 9 * 1024 ** 3, modifiedAt })
  expect(header.toString('latin1')).toContain(' size=9663676416\n')
})

test('a name that is not UTF-8 keeps its bytes', () => {
  const listed = tar(['-t', '--quoting-style=escape'], archive([{ path: 'bad\uF7FF', kind: 'file', mode: 0o644 }]))
  expect(listed).toBe('bad\\377\n')
})
