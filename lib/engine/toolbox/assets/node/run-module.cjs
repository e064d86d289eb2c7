// Runs a program that is being transformed from TypeScript, or one whose standard input is open. Its text comes on
// descriptor 3; none at all means that it has errors, which are told by others.
//   node run-module.cjs <file name> <commonjs | module | '' where the text begins with it as a comment> [arguments …]
// The program behaves as if it were a file of that name in the working directory: relative and bare imports, stack
// traces (mapped to the source), require.main. Its process.argv is [node, …arguments].
'use strict'

const { closeSync, readFileSync } = require('node:fs')
const Module = require('node:module')
const path = require('node:path')
const { pathToFileURL } = require('node:url')

const [name, givenKind] = process.argv.splice(1, 3).slice(1)
const source = readFileSync(3, 'utf8')
closeSync(3)
const kind = givenKind || /^\/\*(\w+)\*\//.exec(source)?.[1]
if (!kind) process.exit(1)
const filename = path.join(process.cwd(), name)

if (kind === 'module') {
  globalThis.require = Module.createRequire(filename)
  const url = pathToFileURL(filename).href
  const hooks = `
    let program
    export async function initialize(data) { program = data }
    export async function resolve(specifier, context, next) {
      return specifier === program.url ? { url: specifier, format: 'module', shortCircuit: true } : next(specifier, context)
    }
    export async function load(url, context, next) {
      return url === program.url ? { format: 'module', source: program.source, shortCircuit: true } : next(url, context)
    }`
  Module.register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: { url, source } })
  import(url)
} else {
  const program = new Module(filename, null)
  program.id = '.'
  program.filename = filename
  program.paths = Module._nodeModulePaths(process.cwd())
  process.mainModule = program
  program._compile(source, filename)
  program.loaded = true
}
