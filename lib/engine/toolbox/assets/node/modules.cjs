// ES modules of a run: whether its code is one, and how what it imports is found.
'use strict'

const { existsSync } = require('node:fs')
const Module = require('node:module')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const vm = require('node:vm')

/** What V8 says of a module that it reads as a script. */
const moduleOnly = [
  'Cannot use import statement outside a module',
  "Cannot use 'import.meta' outside a module",
  "Unexpected token 'export'",
]
const awaits = 'await is only valid in async functions and the top level bodies of modules'

/** Whether code can be read as a module only. */
exports.isModule = (source) => {
  try {
    new vm.Script(Module.wrap(source.replace(/^#!.*/, '')))
    return false
  } catch (error) {
    if (!(error instanceof SyntaxError)) return false
    return moduleOnly.includes(error.message) || error.message === awaits
  }
}

/**
 * Whether code calls `import()` with a name that Node would not find from the folder of the program: one that is
 * computed, or a file that is not there yet. The others lie beside the program.
 */
exports.importsFromWorkDir = (source, workDir) =>
  [...source.matchAll(/\bimport\s*\(\s*(?:(['"])(.*?)\1\s*[,)])?/g)].some(([, , specifier]) => {
    if (specifier === undefined) return true
    return /^\.{1,2}\//.test(specifier) && !existsSync(path.resolve(workDir, specifier))
  })

/** Whether code calls `import()` with a name that may be one of TypeScript: what Node finds itself is not. */
exports.mayImportTypeScript = (code, hasPaths) =>
  [...code.matchAll(/\bimport\s*\(\s*(?:(['"])(.*?)\1\s*[,)])?/g)].some(
    ([, , specifier]) =>
      specifier === undefined || /^\.|^\/|^file:/.test(specifier) || (hasPaths && !/^node:/.test(specifier)),
  )

let areHooked = false

/**
 * Have imports resolved by the hooks. In older versions of Node these run in a thread of their own, which takes longer
 * to start than most programs run.
 * @param {{ source?: string }} module text of the program where it runs as an ES module
 */
exports.installHooks = (program, { source } = {}) => {
  if (areHooked) return
  areHooked = true
  const { main, workDir, language } = program
  const data = { main, workDir, language, source, isModule: source !== undefined }
  if (typeof Module.registerHooks === 'function') {
    const hooks = require('./hooks.cjs')
    hooks.initialize(data)
    Module.registerHooks({ resolve: hooks.resolve, load: hooks.load })
  } else if (typeof Module.register === 'function') {
    Module.register(pathToFileURL(path.join(__dirname, 'hooks.cjs')).href, { data })
  }
}

/** Run the program as an ES module. Errors end the process as they do when Node runs one itself. */
exports.runModule = ({ main, watchStarters }) => {
  // Modules import what starts processes without a call that could be watched.
  watchStarters()
  let isSettled = false
  void import(pathToFileURL(main).href).finally(() => {
    isSettled = true
  })
  process.on('exit', () => {
    if (isSettled || process.exitCode) return
    process.exitCode = 13
    process._rawDebug('Warning: Detected unsettled top-level await')
  })
}
