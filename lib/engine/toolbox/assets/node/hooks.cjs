// Hooks of Node's loader of ES modules, for the code of a run and for what it imports.
'use strict'

const { readFileSync, realpathSync } = require('node:fs')
const path = require('node:path')
const { fileURLToPath, pathToFileURL } = require('node:url')

let program
let programUrl
/** Where the program is for what it imports. */
let parentUrl
let typescript = null

/**
 * @param {{ main: string | null, workDir: string, language: string, source?: string, isModule: boolean }} given
 *   `source` is the program as an ES module in JavaScript; where `isModule` is false, TypeScript is loaded as CommonJS
 */
exports.initialize = (given) => {
  program = given
  programUrl = given.main === null ? null : pathToFileURL(given.main).href
  parentUrl = pathToFileURL(path.join(given.workDir, path.basename(given.main ?? 'main'))).href
  if (given.language === 'typescript') typescript = require('./typescript.cjs')
}

exports.resolve = (specifier, context, next) => {
  if (isRequire(context)) return next(specifier, context)
  if (specifier === programUrl && program.source !== undefined) {
    return { url: programUrl, format: 'module', shortCircuit: true }
  }
  const parentURL = context.parentURL === programUrl ? parentUrl : context.parentURL
  if (typescript && parentURL?.startsWith('file:')) {
    const [name, query = ''] = splitQuery(specifier)
    const file = typescript.resolve(name, path.dirname(fileURLToPath(parentURL)))
    if (file !== null) return { url: pathToFileURL(realpathSync(file)).href + query, shortCircuit: true }
  }
  return next(specifier, { ...context, parentURL })
}

exports.load = (url, context, next) => {
  if (isRequire(context)) return next(url, context)
  if (url === programUrl && program.source !== undefined) {
    return { format: 'module', source: program.source, shortCircuit: true }
  }
  if (!typescript || !url.startsWith('file:')) return next(url, context)
  const file = fileURLToPath(splitQuery(url)[0])
  if (typescript.isTypeScript(file)) return loadTypeScript(file)
  const { type } = context.importAttributes ?? context.importAssertions ?? {}
  if (path.extname(file) === '.json' && type === undefined) return asModule(commonJsFacade(file, jsonNames(file)))
  return next(url, context)
}

/** Hooks that run in the program's own thread are asked for `require` as well, which is dealt with elsewhere. */
function isRequire({ conditions }) {
  return conditions?.includes('require') === true
}

function splitQuery(specifier) {
  const at = specifier.search(/[?#]/)
  return at > 0 ? [specifier.slice(0, at), specifier.slice(at)] : [specifier]
}

function asModule(source) {
  return { format: 'module', source, shortCircuit: true }
}

/** In a program of CommonJS, `import()` gives the module that `require` has. One that awaits is an ES module always. */
function loadTypeScript(file) {
  const wantsModule = program.isModule && !typescript.isCommonJs(file)
  if (wantsModule) return asModule(typescript.transform(file, { format: 'esm' }))
  try {
    const code = typescript.transform(file, { format: 'cjs' })
    return asModule(commonJsFacade(file, namesIn(code)))
  } catch (error) {
    if (!typescript.needsModule(error)) throw error
    return asModule(typescript.transform(file, { format: 'esm' }))
  }
}

/** What CommonJS exports: by esbuild's note for Node, or by what it assigns. */
function namesIn(code) {
  const [, note] = /\n0 && \(module\.exports = \{([^}]*)\}\);\n/.exec(code) ?? []
  if (note !== undefined)
    return note
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean)
  const assigned = [...code.matchAll(/\bexports\.([A-Za-z_$][\w$]*)\s*=(?!=)/g)].map(([, name]) => name)
  const [, literal = ''] = /\bmodule\.exports\s*=\s*\{([^{}]*)\}/.exec(code) ?? []
  const listed = literal.split(',').map((entry) => entry.split(':')[0].trim())
  return [...new Set([...assigned, ...listed.filter((name) => /^[A-Za-z_$][\w$]*$/.test(name))])]
}

function jsonNames(file) {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null
      ? Object.keys(value).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name))
      : []
  } catch {
    // `require` says what is wrong with it.
    return []
  }
}

/** An ES module with the exports of a CommonJS module, which is loaded in the program's own thread. */
function commonJsFacade(file, names) {
  const url = JSON.stringify(pathToFileURL(file).href)
  const lines = [
    `import { createRequire } from 'node:module'`,
    `const whole = createRequire(${url})(${JSON.stringify(file)})`,
    `export default whole && whole.__esModule && 'default' in whole ? whole.default : whole`,
  ]
  for (const [index, name] of names.entries()) {
    if (name === 'default') continue
    const text = /^["']/.test(name) ? name : JSON.stringify(name)
    lines.push(`const name${index} = whole[${text}]`, `export { name${index} as ${name} }`)
  }
  return lines.join('\n')
}
