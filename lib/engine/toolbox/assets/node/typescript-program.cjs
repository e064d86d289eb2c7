// Lets a program load TypeScript: `require`, which static imports become, `import()` and workers.
'use strict'

const { closeSync, readFileSync, realpathSync } = require('node:fs')
const Module = require('node:module')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const modules = require('./modules.cjs')
const typescript = require('./typescript.cjs')

/** The descriptor on which the first process of a run gets its code as JavaScript; its first comment tells its kind. */
const codeDescriptor = 3

/** The program of a code run. */
exports.start = (program) => {
  program.locate = typescript.locate
  const code = program.isFirst ? readCode() : null
  exports.install(program, {
    transform: (file) => (file === program.main && code !== null ? code : transformAs(program, file)),
  })
}

/** None at all means that the code has errors, which the toolbox tells. */
function readCode() {
  const text = readFileSync(codeDescriptor, 'utf8')
  closeSync(codeDescriptor)
  const [, kind] = /^\/\*(commonjs|module)\*\//.exec(text) ?? []
  if (kind === undefined) process.exit(1)
  return { kind, text }
}

/** As CommonJS where that can be. */
function transformAs({ main, workDir }, file) {
  const folder = file === main ? workDir : path.dirname(file)
  try {
    return { kind: 'commonjs', text: typescript.transform(file, { format: 'cjs', folder }) }
  } catch (error) {
    if (!typescript.needsModule(error)) throw error
    return { kind: 'module', text: typescript.transform(file, { format: 'esm', folder }) }
  }
}

/**
 * Have `require` find and load TypeScript, and `import()` too once something uses it.
 * @param {{ main: string | null, workDir: string, language: 'typescript', watchStarters?: Function }} program
 */
exports.install = (program, { transform = (file) => transformAs(program, file) } = {}) => {
  process.setSourceMapsEnabled?.(true)
  resolveTypeScript(program)
  const load = (module, filename) => {
    const { kind, text } = transform(filename)
    if (kind === 'module') {
      loadModule(program, module, { filename, text })
      return
    }
    // `import()` is not what require does; the hooks take it to what require has.
    if (/\bimport\s*\(/.test(text) && mayImportTypeScript(program, text)) modules.installHooks(program)
    module._compile(text, filename)
  }
  for (const extension of ['.ts', '.tsx', '.mts', '.cts']) Module._extensions[extension] = load
  loadEsmAsCommonJs()
}

function mayImportTypeScript({ workDir }, code) {
  const { paths = {} } = typescript.tsconfigIn(workDir) ?? {}
  return modules.mayImportTypeScript(code, Object.keys(paths).length > 0)
}

/** A module that awaits can be the program itself, or what a worker runs, and nothing that others wait for. */
function loadModule(program, module, { filename, text }) {
  if (module.id !== '.') {
    const problem = `${filename} uses await at its top level, so only await import() can load it`
    throw Object.assign(new SyntaxError(problem), { code: 'ERR_REQUIRE_ASYNC_MODULE' })
  }
  const main = { ...program, main: filename }
  globalThis.require = Module.createRequire(filename)
  modules.installHooks(main, { source: text })
  modules.runModule(main)
}

/**
 * `import()` for the code of an interpreter, which is no file. TypeScript and JSON come from `require`; all else comes
 * as `load` gives it.
 */
exports.importer = (program, load) => {
  const origin = path.join(program.workDir, '[run]')
  const require = Module.createRequire(origin)
  return async (specifier, options) => {
    const file = fileOf(String(specifier), program.workDir)
    if (file === null || options?.with) return load(specifier, options)
    try {
      const whole = require(file)
      return whole?.__esModule ? whole : { ...whole, default: whole }
    } catch (error) {
      if (error?.code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error
      modules.installHooks(program)
      return load(pathToFileURL(file).href, options)
    }
  }
}

/** The file of an import, where Node itself could not load it. */
function fileOf(specifier, folder) {
  const found = typescript.resolve(specifier, folder)
  if (found !== null) return found
  if (!/^\.{0,2}\//.test(specifier)) return null
  const file = path.resolve(folder, specifier)
  return typescript.isTypeScript(file) || path.extname(file) === '.json' ? file : null
}

function resolveTypeScript({ main }) {
  const { _resolveFilename } = Module
  Module._resolveFilename = (request, parent, ...rest) => {
    const isForNode = request === main || Module.isBuiltin(request) || parent?.path === __dirname
    if (isForNode) return _resolveFilename.call(Module, request, parent, ...rest)
    const folder = parent?.filename ? path.dirname(parent.filename) : process.cwd()
    const found = typescript.resolve(request, folder)
    return found === null ? _resolveFilename.call(Module, request, parent, ...rest) : realpathSync(found)
  }
}

/** Static imports become `require`, so files that are ES modules in JavaScript are transformed as well. */
function loadEsmAsCommonJs() {
  const loadJs = Module._extensions['.js']
  const compile = (module, filename) => module._compile(typescript.transform(filename, { format: 'cjs' }), filename)
  Module._extensions['.mjs'] = compile
  Module._extensions['.js'] = (module, filename) => {
    const isOwn = path.dirname(filename) !== __dirname && !filename.split(path.sep).includes('node_modules')
    if (isOwn) {
      const source = readFileSync(filename, 'utf8')
      if (/\bimport\b|\bexport\b|\bawait\b/.test(source) && modules.isModule(source)) {
        compile(module, filename)
        return
      }
    }
    try {
      loadJs(module, filename)
    } catch (error) {
      if (error?.code !== 'ERR_REQUIRE_ESM') throw error
      compile(module, filename)
    }
  }
}
