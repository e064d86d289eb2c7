/**
 * The manifest of the npm package. `npm pack` reads package.json after the script `prepack`, which replaces it by one
 * without dependencies: the package has everything that runs, so nothing is installed besides. `postpack` restores it.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../building/freshness.mjs'

const manifest = path.join(root, 'package.json')
const original = path.join(root, 'dist', 'package.json.original')

/** Write the manifest of the package, and keep the one of the checkout aside. */
export function replaceManifest() {
  const own = JSON.parse(readFileSync(manifest, 'utf8'))
  const published = {
    name: own.name,
    version: own.version,
    description: own.description,
    license: own.license,
    type: own.type,
    engines: own.engines,
    // The terminal addon and the compiler of TypeScript are those of this platform.
    os: [process.platform],
    cpu: [process.arch],
    bin: { sandglass: 'dist/package/bin/sandglass.mjs' },
    files: ['dist/package'],
  }
  writeFileSync(original, readFileSync(manifest))
  writeFileSync(manifest, `${JSON.stringify(published, null, 2)}\n`)
}

/** Undo `replaceManifest`, also after an `npm pack` that was interrupted. */
export function restoreManifest() {
  if (existsSync(original)) renameSync(original, manifest)
}
