// Loaded by Node before the code of a run, and again in its workers and in the Node processes that it starts from its
// own file. The code lies in a read-only folder; this makes it behave as a file of the working directory.
'use strict'

const Module = require('node:module')
const path = require('node:path')

/**
 * @param {string} preload the file that calls this; Node was given it with -r
 * @param {{ main: string, workDir: string, language: 'javascript' | 'typescript', certificates: object }} settings
 *   `main` is the program's file; `certificates` are variables that Node itself was started without
 */
exports.start = (preload, settings) => {
  hideArguments(preload)
  const isFirst = process.env.SANDGLASS_PROGRAM !== undefined
  delete process.env.SANDGLASS_PROGRAM
  if (isFirst) Object.assign(process.env, settings.certificates)
  const program = { ...settings, preload, isFirst }
  if (program.language === 'typescript') require('./typescript-program.cjs').start(program)
  else startJavaScript(program)
  resolveFromWorkDir(program)
  giveFolder(program)
  watchStarters(program)
}

/** The program sees the arguments that it would have been started with. fork() and workers would hand ours on. */
function hideArguments(preload) {
  const { execArgv } = process
  const at = execArgv.indexOf(preload)
  if (at > 0) execArgv.splice(at - 1, 2)
  const certificates = execArgv.indexOf('--use-openssl-ca')
  if (certificates >= 0) execArgv.splice(certificates, 1)
}

/** What the program requires is looked for from the working directory. */
function resolveFromWorkDir({ main, workDir }) {
  const { _resolveFilename, _resolveLookupPaths, _nodeModulePaths } = Module
  const folder = path.dirname(main)
  const standIn = new Module(path.join(workDir, path.basename(main)), null)
  standIn.filename = standIn.id
  standIn.paths = _nodeModulePaths.call(Module, workDir)
  const located = (parent) => (parent && parent.filename === main ? standIn : parent)
  Module._resolveFilename = (request, parent, ...rest) =>
    _resolveFilename.call(Module, request, located(parent), ...rest)
  Module._resolveLookupPaths = (request, parent) => _resolveLookupPaths.call(Module, request, located(parent))
  Module._nodeModulePaths = (from) => _nodeModulePaths.call(Module, from === folder ? workDir : from)
}

/** `__dirname` is the working directory, where the program can write. Node asks `path` for it, once for each module. */
function giveFolder({ main, workDir }) {
  const { prototype } = Module
  const { _compile } = prototype
  prototype._compile = function (content, filename, ...rest) {
    if (filename !== main) return _compile.call(this, content, filename, ...rest)
    prototype._compile = _compile
    const { dirname } = path
    path.dirname = (name) => {
      if (name !== main) return dirname(name)
      path.dirname = dirname
      return workDir
    }
    try {
      return _compile.call(this, content, filename, ...rest)
    } finally {
      path.dirname = dirname
    }
  }
}

function startJavaScript(program) {
  ignoreKindWarning()
  const load = Module._extensions['.js']
  Module._extensions['.js'] = (module, filename) => {
    if (filename !== program.main) return load(module, filename)
    Module._extensions['.js'] = load
    const source = require('node:fs').readFileSync(filename, 'utf8')
    const isRun = moduleWords.test(source) && runAsModule(program, source)
    if (!isRun) load(module, filename)
  }
}

/** Words without which no code is an ES module or imports one. Comments may have them too. */
const moduleWords = /\bimport\b|\bexport\b|\bawait\b/

/** Prepare what the imports of the code need, and run it if Node would not do that itself. */
function runAsModule(program, source) {
  const modules = require('./modules.cjs')
  const isModule = modules.isModule(source)
  if (isModule && !detectsModules) {
    modules.installHooks(program, { source })
    modules.runModule(program)
    return true
  }
  if (modules.importsFromWorkDir(source, program.workDir)) modules.installHooks(program)
  if (isModule && /child_process|cluster|worker_threads/.test(source)) program.watchStarters()
  return false
}

const [major, minor] = process.versions.node.split('.').map(Number)
/** These versions look themselves whether a file without a kind is an ES module. */
const detectsModules = major > 22 || (major === 22 && minor >= 7) || (major === 20 && minor >= 19)

/** The code of a run has no package that could say what kind of module it is. */
function ignoreKindWarning() {
  const { emitWarning } = process
  process.emitWarning = function (warning, options, ...rest) {
    if (options?.code === 'MODULE_TYPELESS_PACKAGE_JSON') return
    emitWarning.call(this, warning, options, ...rest)
  }
}

/** Once the program can start other Node processes and workers, those of its own file are given the preload too. */
function watchStarters(program) {
  const starters = new Set(['child_process', 'cluster', 'worker_threads'])
  const { _load } = Module
  let isWatched = false
  const watch = () => {
    if (isWatched) return
    isWatched = true
    if (Module._load === load) Module._load = _load
    require('./starters.cjs').prepare(program)
  }
  const load = (request, parent, isMain) => {
    if (starters.has(request.startsWith('node:') ? request.slice(5) : request)) watch()
    return _load.call(Module, request, parent, isMain)
  }
  Module._load = load
  program.watchStarters = watch
}
