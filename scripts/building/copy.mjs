import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, rename, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { codeOf } from '../errors.mjs'
import { root } from './freshness.mjs'

/**
 * Copy a folder into another. Each file is replaced as a whole, under a new inode: a toolbox that runs from the folder may
 * have the old one mapped. Equal files are skipped. A missing source folder copies nothing.
 * @param {string} from
 * @param {string} to
 * @param {(file: string) => boolean} [skip] given the path of each file and folder below `from`
 */
export async function copyTree(from, to, skip = () => false) {
  /** @type {import('node:fs').Dirent[]} */
  let entries
  try {
    entries = await readdir(from, { withFileTypes: true })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  await mkdir(to, { recursive: true })
  for (const entry of entries) {
    const source = path.join(from, entry.name)
    const target = path.join(to, entry.name)
    if (skip(source)) continue
    if (entry.isDirectory()) await copyTree(source, target, skip)
    else if (entry.isFile()) await copyOne(source, target)
  }
}

/**
 * Copy one file, as `copyTree` does.
 * @param {string} source
 * @param {string} target
 */
export async function copyOne(source, target) {
  if (await sameBytes(source, target)) return
  const draft = `${target}.${process.pid}`
  await copyFile(source, draft)
  await chmod(draft, (await stat(source)).mode)
  await rename(draft, target)
}

/**
 * @param {string} left
 * @param {string} right
 */
async function sameBytes(left, right) {
  const [one, other] = await Promise.all([stat(left), stat(right).catch(() => null)])
  if (other === null || one.size !== other.size || one.mode !== other.mode) return false
  const [a, b] = await Promise.all([readFile(left), readFile(right)])
  return a.equals(b)
}

/**
 * Copy packages out of node_modules with their dependencies, optional ones only where this platform has them.
 * @param {string[]} names
 * @param {string} target
 * @param {string} [from] folder from which the names are resolved
 * @param {Set<string>} [seen]
 */
export async function copyPackages(names, target, from = root, seen = new Set()) {
  for (const name of names) {
    const source = findPackage(name, from)
    if (source === null || seen.has(source)) continue
    seen.add(source)
    await copyTree(source, path.join(target, name), (file) => path.basename(file) === 'node_modules')
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      await readFile(path.join(source, 'package.json'), 'utf8'),
    )
    await copyPackages([...Object.keys(dependencies), ...Object.keys(optionalDependencies)], target, source, seen)
  }
}

/**
 * @param {string} name
 * @param {string} from
 */
function findPackage(name, from) {
  const paths = createRequire(path.join(from, 'package.json')).resolve.paths(name) ?? []
  return paths.map((folder) => path.join(folder, name)).find((it) => existsSync(path.join(it, 'package.json'))) ?? null
}
