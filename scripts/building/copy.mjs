import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, rename, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { root } from './freshness.mjs'

/**
 * Copy a folder into another. A file is put in place whole, under a new inode: a toolbox that runs from the folder
 * may have the old one mapped. Files that are equal are left alone. A missing source folder copies nothing.
 */
export async function copyTree(from, to, skip = () => false) {
  let entries
  try {
    entries = await readdir(from, { withFileTypes: true })
  } catch (error) {
    if (error.code === 'ENOENT') return
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

/** Copy one file, as `copyTree` does. */
export async function copyOne(source, target) {
  if (await sameBytes(source, target)) return
  const draft = `${target}.${process.pid}`
  await copyFile(source, draft)
  await chmod(draft, (await stat(source)).mode)
  await rename(draft, target)
}

async function sameBytes(left, right) {
  const sizes = await Promise.all([stat(left), stat(right).catch(() => null)])
  if (sizes[1] === null || sizes[0].size !== sizes[1].size || sizes[0].mode !== sizes[1].mode) return false
  const [a, b] = await Promise.all([readFile(left), readFile(right)])
  return a.equals(b)
}

/** Copy packages out of node_modules with their dependencies, optional ones only where this platform has them. */
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

function findPackage(name, from) {
  const paths = createRequire(path.join(from, 'package.json')).resolve.paths(name) ?? []
  return paths.map((folder) => path.join(folder, name)).find((it) => existsSync(path.join(it, 'package.json'))) ?? null
}
