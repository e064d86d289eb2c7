import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeCertificates } from './node-certificates'

let folder: string
let scratchDir: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-bundles-'))
  scratchDir = path.join(folder, 'scratch')
  mkdirSync(scratchDir)
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** The bundle that Node is given for a file that both variables name; null if Node reads the file itself. */
const bundleFor = (file: string) =>
  nodeCertificates({ scratchDir, scratchInside: null }, { NODE_EXTRA_CA_CERTS: file, SSL_CERT_FILE: file })?.env
    .SSL_CERT_FILE ?? null

function writeBundle(name: string, text = rootCertificates.join('\n')): string {
  const file = path.join(folder, name)
  writeFileSync(file, text)
  return file
}

test('Node reads files itself that are no files, never end, or are too long', () => {
  const pipe = path.join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const names = [pipe, '/dev/zero', folder, path.join(folder, 'missing')]
  expect(names.map(bundleFor)).toEqual(names.map(() => null))
  expect(bundleFor(writeBundle('long', ' '.repeat(5 * 1024 * 1024)))).toBeNull()
  expect(readdirSync(scratchDir)).toEqual([])
})

// The last test of this file: bundles are kept as long as the process lives.
test('at most eight bundles are made, however many states a file has, and those stay in use', () => {
  const files = Array.from({ length: 10 }, (_, i) => writeBundle(`bundle-${i}`))
  const made = files.map(bundleFor)
  expect(made.map((bundle) => bundle !== null)).toEqual(files.map((_, i) => i < 8))
  expect(readdirSync(scratchDir)).toHaveLength(8)
  expect(files.map(bundleFor)).toEqual(made)
})
