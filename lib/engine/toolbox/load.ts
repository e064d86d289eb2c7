/**
 * Entry of the toolbox process (`toolbox.cjs`): loads the bundle of the toolbox with V8's code cache of it and starts it.
 * Without a cache, compiling the bundle takes most of the start.
 *
 * With the argument `--write-code-cache` it writes the cache instead. The cache holds what was compiled while the modules
 * were loaded, before `start` changes flags of V8: V8 rejects a cache of other flags.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire, Module } from 'node:module'
import path from 'node:path'
import { Script } from 'node:vm'
import { codeCacheFile, digestOf, readCodeCache, toolboxBundle, writeCodeCacheArgument } from '../config/code-cache'

const folder = path.dirname(__filename)
const file = path.join(folder, toolboxBundle)
const source = readFileSync(file)
const digest = digestOf(source)
const cachedData = readCodeCache(folder, digest)
// The bundle has ASCII characters only; as Latin-1 it takes one byte of memory for each.
const script = new Script(Module.wrap(source.toString('latin1')), { filename: file, cachedData })
const bundle: { exports: { start?: () => Promise<void> } } = { exports: {} }
script.runInThisContext()(bundle.exports, createRequire(file), bundle, file, folder)

if (process.argv[2] === writeCodeCacheArgument) {
  const draft = `${codeCacheFile(folder)}.${process.pid}`
  writeFileSync(draft, Buffer.concat([digest, script.createCachedData()]), { mode: 0o644 })
  renameSync(draft, codeCacheFile(folder))
} else {
  void bundle.exports.start?.()
}
