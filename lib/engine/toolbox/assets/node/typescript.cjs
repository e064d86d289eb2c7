// TypeScript files that a program loads: where they are, and what JavaScript they become. Nothing here changes Node.
'use strict'

const { readFileSync, statSync } = require('node:fs')
const path = require('node:path')
const { fileURLToPath } = require('node:url')
const { esbuildArguments, foldersOf, readTsconfig, whatIsMissing, withoutHashbang } = require('./esbuild-options.cjs')

const binary = path.join(
  __dirname,
  ...['..', 'node_modules', '@esbuild', `${process.platform}-${process.arch}`, 'bin', 'esbuild'],
)

const extensions = ['.ts', '.tsx', '.mts', '.cts']
/** TypeScript is often imported by the name that it has once it is compiled. */
const sources = { '.js': ['.ts', '.tsx'], '.jsx': ['.tsx'], '.mjs': ['.mts'], '.cjs': ['.cts'] }
const scripts = ['.js', '.json', '.mjs', '.cjs', '.jsx']

exports.isTypeScript = (file) => extensions.includes(path.extname(file))

/**
 * The file that is meant where Node alone would not find it: one in TypeScript, or one that the `paths` of a
 * tsconfig.json lead to. Null leaves it to Node.
 * @param {string} specifier as in an import
 * @param {string} folder of the file that imports
 */
exports.resolve = (specifier, folder) => {
  if (specifier.startsWith('file:')) return locate(fileURLToPath(specifier))
  if (/^\.\.?(?:\/|$)/.test(specifier) || path.isAbsolute(specifier)) return locate(path.resolve(folder, specifier))
  if (/^(?:node|data|https?):/.test(specifier) || folder.split(path.sep).includes('node_modules')) return null
  for (const name of mapped(specifier, tsconfigIn(folder))) {
    const found = locate(name) ?? [name, ...scripts.map((end) => name + end)].find(isFile)
    if (found) return found
    const index = scripts.map((end) => path.join(name, `index${end}`)).find(isFile)
    if (index) return index
  }
  return null
}

function locate(name) {
  if (isFile(name)) return null
  const end = path.extname(name)
  const stem = name.slice(0, name.length - end.length)
  const candidates = [
    ...(sources[end] ?? []).map((source) => stem + source),
    ...extensions.map((extension) => name + extension),
  ]
  const found = candidates.find(isFile)
  if (found) return found
  if (isFile(path.join(name, 'package.json'))) return null
  return extensions.map((extension) => path.join(name, `index${extension}`)).find(isFile) ?? null
}

exports.locate = locate

function isFile(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

/** Names that the configuration gives a specifier: of the longest pattern that fits, then below `baseUrl`. */
function* mapped(specifier, config) {
  if (config === null) return
  const fits = Object.keys(config.paths).flatMap((pattern) => {
    const [before, after] = pattern.split('*')
    if (after === undefined)
      return pattern === specifier ? [{ pattern, length: Number.POSITIVE_INFINITY, star: '' }] : []
    const isFit = specifier.startsWith(before) && specifier.endsWith(after)
    if (!isFit || specifier.length < before.length + after.length) return []
    return [{ pattern, length: before.length, star: specifier.slice(before.length, specifier.length - after.length) }]
  })
  const [best] = fits.sort((a, b) => b.length - a.length)
  for (const target of best ? config.paths[best.pattern] : []) {
    yield path.resolve(
      config.pathsFolder,
      target.replace('*', () => best.star),
    )
  }
  if (config.baseUrl !== null) yield path.resolve(config.baseUrl, specifier)
}

const configs = new Map()

function tsconfigIn(folder) {
  if (!configs.has(folder)) configs.set(folder, readTsconfig(folder))
  return configs.get(folder)
}

exports.tsconfigIn = tsconfigIn

/** Whether a file is CommonJS by its name, or by having none of what ES modules have. */
exports.isCommonJs = (file) => {
  if (path.extname(file) === '.cts') return true
  if (path.extname(file) === '.mts') return false
  const text = readFileSync(file, 'utf8')
  const isModule = /^\s*(?:import|export)\b/m.test(text) || /\bimport\.meta\b/.test(text)
  return !isModule && /\bmodule\.exports\b|\bexports\.\w|\brequire\s*\(/.test(text)
}

/**
 * A file as JavaScript, with its source map.
 * @param {string} file
 * @param {{ format: 'cjs' | 'esm', folder?: string, name?: string }} options `folder` is where it counts as being,
 *   which is its own if not given
 * @returns {string}
 * @throws a `SyntaxError` with esbuild's messages
 */
exports.transform = (file, { format, folder = path.dirname(file) }) => {
  const source = withoutHashbang(readFileSync(file, 'utf8'))
  const isForeign = file.split(path.sep).includes('node_modules')
  const compilerOptions = isForeign ? {} : (tsconfigIn(folder)?.compilerOptions ?? {})
  const loader = { '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx', '.jsx': 'jsx' }[path.extname(file)] ?? 'js'
  const meta = format === 'cjs' ? metaOf(source, folder) : { define: foldersOf(file, folder) }
  for (const legacyDecorators of [false, true]) {
    const args = esbuildArguments({ file, loader, format, compilerOptions, legacyDecorators, ...meta })
    // Most programs load no TypeScript, and do without the time that this module takes to load.
    const { stdout, stderr, status, error } = require('node:child_process').spawnSync(binary, args, {
      input: source,
      encoding: 'utf8',
      maxBuffer: Number.POSITIVE_INFINITY,
    })
    if (error) throw new Error(`${file} cannot be loaded: esbuild could not be started (${error.code})`)
    if (status === 0) return stdout
    if (legacyDecorators || !whatIsMissing(stderr).legacyDecorators) throw failure(stderr, file)
  }
}

/** What CommonJS lacks of ES modules. */
function metaOf(source, folder) {
  if (!source.includes('import.meta')) return {}
  return {
    banner: 'var __importMetaUrl = require("node:url").pathToFileURL(__filename).href;',
    define: {
      'import.meta.url': '__importMetaUrl',
      'import.meta.filename': '__filename',
      'import.meta.dirname': JSON.stringify(folder),
    },
  }
}

const failures = new WeakSet()

function failure(messages, file) {
  const [, first = 'it cannot be transformed'] = /\[ERROR\] (.*)/.exec(messages) ?? []
  const [, line = 1, column = 0] = /:(\d+):(\d+):\n/.exec(messages) ?? []
  const error = new SyntaxError(first)
  error.stack = `SyntaxError: ${first}\n\n${messages.trim()}\n    at ${file}:${line}:${Number(column) + 1}`
  failures.add(error)
  return error
}

/** Whether a transformation failed because only an ES module may have what is in the file. */
exports.needsModule = (error) => failures.has(error) && whatIsMissing(error.stack).module
