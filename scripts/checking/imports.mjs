/** Which files of ours import which. Relative imports count as imports by alias do. */
import path from 'node:path'
import { sources } from './sources.mjs'

/** Tests, and programs that tests run, may reach into any module. */
const test = /\.(test|spec)\.tsx?$|^lib\/engine\/test\//

const files = sources(/\.(tsx?|mjs)$/)
const known = new Set(files.map(({ file }) => file))

const shipped = files.filter(({ file }) => !test.test(file))

/** The imports of all files but tests, types included. */
export const imports = shipped.flatMap(({ file, text }) =>
  importsOf(file, specifiersOf(text)).map((target) => ({ from: file, to: target })),
)

/** What each file but tests loads together with itself, packages included: no types, no `import()`, no server actions. */
export const loads = new Map(
  shipped.map(({ file, text }) => {
    const specifiers = text.startsWith("'use server'") ? [] : staticSpecifiersOf(text)
    const packages = specifiers.filter((specifier) => !/^(@\/|\.)/.test(specifier))
    return [file, [...importsOf(file, specifiers), ...packages]]
  }),
)

/** @param {string} text */
function specifiersOf(text) {
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)['"]([@.][^'"]*)['"]/g)
  return [...found].map(([, specifier = '']) => specifier)
}

/** @param {string} text */
function staticSpecifiersOf(text) {
  const found = text.matchAll(/^(?:import|export)\s+(?!type\b)(?:([^'";]*?)\sfrom\s+)?'([^']+)'/gm)
  return [...found]
    .filter(([, names = '']) => !/^\{(\s*type\s[^,}]*,?)+\s*\}$/.test(names.trim()))
    .map(([, , specifier = '']) => specifier)
}

/**
 * @param {string} file
 * @param {string[]} specifiers
 */
function importsOf(file, specifiers) {
  return specifiers.flatMap((specifier) => {
    if (!/^(@\/|\.)/.test(specifier)) return []
    const base = specifier.startsWith('@/') ? specifier.slice(2) : path.posix.join(path.posix.dirname(file), specifier)
    const found = ['', '.ts', '.tsx', '.mjs', '/index.ts'].map((end) => base + end).find((name) => known.has(name))
    return found ? [found] : []
  })
}
