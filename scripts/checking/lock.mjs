/**
 * The lock file must work on every platform: npm leaves optional packages that its registry does not have out of the lock
 * file, and `npm ci` then fails elsewhere. A complete registry never causes that; an incomplete mirror does.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../building/freshness.mjs'

/** @typedef {{version?: string, resolved?: string, optionalDependencies?: Record<string, string>}} LockedPackage */

/** @type {Record<string, LockedPackage>} */
const packages = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages

let found = 0
for (const [owner, { resolved, optionalDependencies = {} }] of Object.entries(packages)) {
  if (resolved) report(`${owner} names a registry (resolved); .npmrc has omit-lockfile-registry-resolved`)
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (/^\d/.test(version) && !isLocked(owner, name)) {
      report(`${name} ${version} of ${owner} is missing; lock the dependencies with a complete registry`)
    }
  }
}
process.exitCode = found === 0 ? 0 : 1

/** @param {string} problem */
function report(problem) {
  found += 1
  console.log(`package-lock.json: ${problem}`)
}

/**
 * Look a name up as Node does: in the owner's node_modules, then in each one above.
 * @param {string} owner
 * @param {string} name
 */
function isLocked(owner, name) {
  for (let folder = owner; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true
    if (folder === '') return false
  }
}
