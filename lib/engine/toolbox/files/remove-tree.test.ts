import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeTree } from './remove-tree'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-remove-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('deletes folders in folders, names that are not text, and links but not their targets', async () => {
  const tree = path.join(folder, 'tree')
  const kept = path.join(folder, 'kept')
  mkdirSync(path.join(tree, 'a/b/c'), { recursive: true })
  mkdirSync(kept)
  writeFileSync(path.join(kept, 'file'), '')
  writeFileSync(path.join(tree, 'a/b/file'), '')
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/a/`), Buffer.from([0xff, 0xfe])]), '')
  symlinkSync(kept, path.join(tree, 'link'))
  symlinkSync(kept, path.join(tree, 'a/b/c/link'))
  await removeTree(tree)
  expect(readdirSync(folder)).toEqual(['kept'])
  expect(readdirSync(kept)).toEqual(['file'])
})

test('deletes a file, and a link alone', async () => {
  const file = path.join(folder, 'file')
  const link = path.join(folder, 'link')
  writeFileSync(file, '')
  symlinkSync(file, link)
  await removeTree(link)
  expect(existsSync(file)).toBe(true)
  await removeTree(file)
  expect(readdirSync(folder)).toEqual([])
  await expect(removeTree(file)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('takes no memory for each file of a large folder', async () => {
  const tree = path.join(folder, 'tree')
  mkdirSync(tree)
  for (let i = 0; i < 40_000; i += 1) writeFileSync(path.join(tree, String(i)), '')
  let peak = 0
  const before = process.memoryUsage().heapUsed
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().heapUsed - before)
  })
  await removeTree(tree)
  clearInterval(timer)
  expect(existsSync(tree)).toBe(false)
  // All deletions at once take 80 MB and more.
  expect(peak).toBeLessThan(50 * 1024 ** 2)
})

test.runIf(process.getuid?.() !== 0)('reports what cannot be deleted', async () => {
  const tree = path.join(folder, 'tree')
  mkdirSync(path.join(tree, 'closed/inner'), { recursive: true })
  chmodSync(path.join(tree, 'closed'), 0o500)
  await expect(removeTree(tree)).rejects.toMatchObject({ code: 'EACCES' })
  chmodSync(path.join(tree, 'closed'), 0o700)
})
