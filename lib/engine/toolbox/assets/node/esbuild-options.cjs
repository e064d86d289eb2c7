// How TypeScript is transformed: the arguments of esbuild, and what the nearest tsconfig.json says. The toolbox uses
// this for the code of a run, and the run itself for what it loads.
'use strict'

const { closeSync, constants, fstatSync, openSync, readFileSync, statSync } = require('node:fs')
const path = require('node:path')

/** Options of the compiler that esbuild takes over from a tsconfig.json. */
const takenOver = [
  'alwaysStrict',
  'experimentalDecorators',
  'importsNotUsedAsValues',
  'jsx',
  'jsxFactory',
  'jsxFragmentFactory',
  'jsxImportSource',
  'preserveValueImports',
  'strict',
  'target',
  'useDefineForClassFields',
  'verbatimModuleSyntax',
]

/**
 * What transforms one file from standard input to standard output.
 * @param {{ file: string, loader: string, format: 'cjs' | 'esm' | null, compilerOptions?: Record<string, unknown>,
 *   legacyDecorators?: boolean, define?: Record<string, string>, banner?: string }} options `file` is the name in
 *   messages and stack traces; without a format, imports and exports stay as they are
 * @returns {string[]}
 */
exports.esbuildArguments = ({ file, loader, format, compilerOptions = {}, legacyDecorators, define = {}, banner }) => {
  const decorators = legacyDecorators ? { experimentalDecorators: true } : {}
  return [
    `--loader=${loader}`,
    ...(format === null ? [] : [`--format=${format}`]),
    '--platform=node',
    '--target=node20',
    '--sourcemap=inline',
    `--sourcefile=${file}`,
    '--color=false',
    '--log-level=error',
    '--log-limit=10',
    '--log-override:empty-import-meta=error',
    ...(banner === undefined ? [] : [`--banner=${banner}`]),
    ...Object.entries(define).map(([name, value]) => `--define:${name}=${value}`),
    `--tsconfig-raw=${JSON.stringify({ compilerOptions: { ...compilerOptions, ...decorators } })}`,
  ]
}

/**
 * What ES modules lack of CommonJS. Code that awaits at its top level is one, and may have been written for the other.
 * @param {string} file
 * @param {string} folder where it counts as being
 * @returns {Record<string, string>} definitions for esbuild, which leaves names alone that the code declares itself
 */
exports.foldersOf = (file, folder) => ({
  __filename: JSON.stringify(file),
  __dirname: JSON.stringify(folder),
  'import.meta.dirname': JSON.stringify(folder),
})

/**
 * Whether another attempt can do what this one could not, by esbuild's messages: decorators of the older kind where
 * only these can be meant, an ES module where the code needs one.
 * @param {string} messages
 */
exports.whatIsMissing = (messages) => ({
  legacyDecorators: messages.includes('experimental decorators'),
  module: /Top-level await|"import\.meta"/.test(messages),
})

/** A first line for the system's loader is no TypeScript; as a comment it keeps all positions. */
exports.withoutHashbang = (source) => (source.startsWith('#!') ? `//${source.slice(2)}` : source)

/**
 * The compiler options that count in a folder, or null where there is no tsconfig.json in it or above it.
 * @param {string} folder
 * @returns {{ compilerOptions: Record<string, unknown>, paths: Record<string, string[]>, pathsFolder: string,
 *   baseUrl: string | null } | null} `compilerOptions` are those for esbuild
 * @throws where a file cannot be read or understood
 */
exports.readTsconfig = (folder) => {
  const file = nearest(folder)
  if (file === null) return null
  const options = readOptions(file, [], { files: new Map(), bytes: 0 })
  const compilerOptions = Object.fromEntries(
    takenOver.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  )
  const { baseUrl = null } = options
  return { compilerOptions, paths: options.paths ?? {}, pathsFolder: baseUrl ?? options.pathsFolder ?? folder, baseUrl }
}

function nearest(folder) {
  for (let at = folder; ; at = path.dirname(at)) {
    const file = path.join(at, 'tsconfig.json')
    if (isFile(file)) return file
    if (at === path.dirname(at)) return null
  }
}

function isFile(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

/**
 * Sandboxed code writes these files and the toolbox reads them, so all that one file extends has these limits together.
 */
const maxBytes = 256 * 1024
const maxFiles = 50

/**
 * Compiler options with those that they extend. The paths in them are absolute.
 * @param {string} file
 * @param {string[]} from files that extend this one
 * @param {{ files: Map<string, Record<string, any>>, bytes: number }} read what has been read until now
 */
function readOptions(file, from, read) {
  const known = read.files.get(file)
  if (known) return known
  if (from.includes(file)) throw new Error(`${file} extends itself`)
  if (read.files.size + from.length >= maxFiles)
    throw new Error(`${file} is one of too many files: at most ${maxFiles}`)
  const folder = path.dirname(file)
  const config = parse(file, read)
  const names = [config.extends ?? []].flat()
  if (names.length > maxFiles) throw new Error(`${file} extends too many files: at most ${maxFiles}`)
  const bases = names.map((name) => extended(String(name), folder, file))
  const options = Object.assign({}, ...bases.map((base) => readOptions(base, [...from, file], read)))
  const own = { ...config.compilerOptions }
  if (typeof own.baseUrl === 'string') own.baseUrl = path.resolve(folder, own.baseUrl)
  if (own.paths) own.pathsFolder = folder
  Object.assign(options, own)
  read.files.set(file, options)
  return options
}

function extended(name, folder, file) {
  const isPath = name.startsWith('.') || path.isAbsolute(name)
  const places = isPath ? [path.resolve(folder, name)] : above(folder).map((at) => path.join(at, 'node_modules', name))
  for (const place of places) {
    const found = [place, `${place}.json`, path.join(place, 'tsconfig.json')].find(isFile)
    if (found) return found
  }
  throw new Error(`${file} extends "${name}", which does not exist`)
}

function above(folder) {
  return folder === path.dirname(folder) ? [folder] : [folder, ...above(path.dirname(folder))]
}

function parse(file, read) {
  const text = readSmall(file, maxBytes - read.bytes)
  read.bytes += text.length
  try {
    const config = JSON.parse(withoutComments(text))
    if (typeof config === 'object' && config !== null) return config
  } catch (error) {
    throw new Error(`${file} is not valid: ${error.message}`)
  }
  throw new Error(`${file} is not valid: it has no object`)
}

/** A name may lead to a pipe or to a huge file, for which nobody here can wait. */
function readSmall(file, most) {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile() || stat.size > most) throw new Error(`${file} is not valid: it is too large`)
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** JSON without comments and without commas before a closing bracket, in one pass whatever the text is. */
function withoutComments(text) {
  const parts = []
  let comma = -1
  for (let at = text.startsWith('\ufeff') ? 1 : 0; at < text.length; ) {
    const end = endOfToken(text, at)
    const isComment = text[at] === '/' && end > at + 1
    if (!isComment) {
      if (comma >= 0 && (text[at] === ']' || text[at] === '}')) parts[comma] = ''
      comma = commaAfter(text[at], comma, parts.length)
      parts.push(text.slice(at, end))
    }
    at = end
  }
  return parts.join('')
}

/** Position of a comma behind which nothing but white space has come, or -1. */
function commaAfter(character, comma, position) {
  if (character === ',') return position
  return /\s/.test(character) ? comma : -1
}

/** A string or a comment as a whole, else one character. What is not closed goes to the end. */
function endOfToken(text, at) {
  if (text[at] === '"') {
    let end = at + 1
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
    return end + 1
  }
  if (text.startsWith('//', at)) return endOf(text, '\n', at + 2, 0)
  if (text.startsWith('/*', at)) return endOf(text, '*/', at + 2, 2)
  return at + 1
}

function endOf(text, closing, from, length) {
  const found = text.indexOf(closing, from)
  return found < 0 ? text.length : found + length
}
