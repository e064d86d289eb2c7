import { existsSync } from 'node:fs'
import path from 'node:path'
import { PlainError } from '../errors.mjs'
import { fingerprints, partNames, recordBuilt, root, stale } from './freshness.mjs'
import { buildEngine, buildNext, buildServer, buildSettings } from './parts.mjs'

const builders = { settings: buildSettings, engine: buildEngine, server: buildServer, next: buildNext }

const flags = process.argv.slice(2)
const unknown = flags.filter((flag) => !partNames.some((name) => flag === `--${name}`))
if (unknown.length > 0) {
  const known = partNames.map((name) => `--${name}`).join(' ')
  console.error(`build: unknown part ${unknown.join(' ')}; the parts are ${known}.`)
  process.exit(2)
}
if (!existsSync(path.join(root, 'node_modules', 'esbuild'))) {
  console.error('build: the dependencies are not installed; run "npm ci" first.')
  process.exit(1)
}

const prints = await fingerprints()
const requested = flags.length > 0 ? partNames.filter((name) => flags.includes(`--${name}`)) : await stale(prints)
if (requested.length === 0) console.log('build: nothing changed')

for (const name of requested) {
  const started = performance.now()
  await recordBuilt(name, undefined)
  try {
    await builders[name]()
  } catch (error) {
    console.error(`build: ${name} failed`)
    console.error(error instanceof PlainError ? error.message : error)
    process.exit(1)
  }
  await recordBuilt(name, prints[name])
  console.log(`build: ${name} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}
