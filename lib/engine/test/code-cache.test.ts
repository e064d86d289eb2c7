/** The code cache of the toolbox, with the built bundle: see `isolation/code-cache.ts`. */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { codeCacheFile, digestOf, readCodeCache, toolboxBundle, toolboxEntry } from '../config/code-cache'
import { toolboxNodeArguments } from '../config/toolbox-config'
import { ensureCodeCache } from '../isolation/code-cache'

const built = path.resolve('dist/toolbox')
let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-cache-'))
  for (const file of [toolboxEntry, toolboxBundle]) copyFileSync(path.join(built, file), path.join(folder, file))
})
afterEach(() => rmSync(folder, { recursive: true }))

const digest = () => digestOf(readFileSync(path.join(folder, toolboxBundle)))

it('is written once, and V8 accepts it with the flags of a toolbox', async () => {
  await ensureCodeCache(folder)
  const { mtimeMs } = statSync(codeCacheFile(folder))
  await ensureCodeCache(folder)
  expect(statSync(codeCacheFile(folder)).mtimeMs).toBe(mtimeMs)

  const data = path.join(folder, 'data')
  writeFileSync(data, readCodeCache(folder, digest()) ?? '')
  const program = `
    const { readFileSync } = require('node:fs')
    const source = require('node:module').wrap(readFileSync(${JSON.stringify(path.join(folder, toolboxBundle))}, 'latin1'))
    const script = new (require('node:vm').Script)(source, { cachedData: readFileSync(${JSON.stringify(data)}) })
    process.stdout.write(String(script.cachedDataRejected))`
  const { stdout } = await promisify(execFile)(process.execPath, [...toolboxNodeArguments, '-e', program])
  expect(stdout).toBe('false')
})

it('is written again for another bundle of the same length, and where it is damaged', async () => {
  await ensureCodeCache(folder)
  const bundle = readFileSync(path.join(folder, toolboxBundle), 'latin1')
  const changed = bundle.replace('__bundleUrl = ', '__bundleURL = ').replaceAll('__bundleUrl', '__bundleURL')
  expect(changed.length).toBe(bundle.length)
  writeFileSync(path.join(folder, toolboxBundle), changed, 'latin1')
  expect(readCodeCache(folder, digest())).toBeUndefined()
  await ensureCodeCache(folder)
  expect(readCodeCache(folder, digest())?.length).toBeGreaterThan(100_000)

  writeFileSync(codeCacheFile(folder), 'damaged')
  await ensureCodeCache(folder)
  expect(readCodeCache(folder, digest())?.length).toBeGreaterThan(100_000)
})

it('is done without where it cannot be written', async () => {
  rmSync(path.join(folder, toolboxEntry))
  await ensureCodeCache(folder)
  expect(readCodeCache(folder, digest())).toBeUndefined()
})
