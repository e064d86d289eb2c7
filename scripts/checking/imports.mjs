/** Which files of ours import which, types included. Relative imports count as imports by alias do. */
import path from 'node:path'
import { sources } from './sources.mjs'

/** Tests, and programs that tests run, may reach into any module. */
const test = /\.(test|spec)\.tsx?$|^lib\/engine\/test\//

const files = sources(/\.(tsx?|mjs)$/)
const known = new Set(files.map(({ file }) => file))

/** The imports of all files but tests. */
export const imports = files
  .filter(({ file }) => !test.test(file))
  .flatMap(({ file, text }) => importsOf(file, text).map((target) => ({ from: file, to: target })))

/**
 * @param {string} file
 * @param {string} text
 */
function importsOf(file, text) {
  const specifiers = text.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)['"]([@.][^'"]*)['"]/g)
  return [...specifiers].flatMap(([, specifier = '']) => {
    if (!/^(@\/|\.)/.test(specifier)) return []
    const base = specifier.startsWith('@/') ? specifier.slice(2) : path.posix.join(path.posix.dirname(file), specifier)
    const found = ['', '.ts', '.tsx', '.mjs', '/index.ts'].map((end) => base + end).find((name) => known.has(name))
    return found ? [found] : []
  })
}
