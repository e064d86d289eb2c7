import { existsSync } from 'node:fs'
import path from 'node:path'
import { fingerprints, recordBuilt, root, stale } from './freshness.mjs'
import { buildEngine, buildNext, buildServer, buildSettings } from './parts.mjs'

const builders = { settings: buildSettings, engine: buildEngine, server: buildServer, next: buildNext }
const names = Object.keys(builders)

const flags = process.argv.slice(2)
const unknown = flags.filter((flag) => !names.includes(flag.replace(/^--/, '')))
if (unknown.length > 0) {
  console.error(
    `build: ${unknown.join(' ')} is not known; the parts are ${names.map((name) => `--${name}`).join(' ')}.`,
  )
  process.exit(2)
}
if (!existsSync(path.join(root, 'node_modules', 'esbuild'))) {
  console.error('build: the dependencies are not installed; run "npm ci" first.')
  process.exit(1)
}

const prints = await fingerprints()
const wanted = flags.length > 0 ? names.filter((name) => flags.includes(`--${name}`)) : await stale(prints)
if (wanted.length === 0) console.log('build: nothing changed')

for (const name of wanted) {
  const begun = performance.now()
  try {
    await builders[name]()
  } catch (error) {
    console.error(`build: ${name} failed`)
    console.error(error.plain ?? error)
    process.exit(1)
  }
  await recordBuilt(name, prints[name])
  console.log(`build: ${name} in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}
