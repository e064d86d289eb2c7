/** What the code finds beside the language: modules as a file in the working directory finds them, and `display`. */
import Module, { builtinModules, createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Channel } from './channel'
import { given, represent, type Shown } from './display'
import { currentRun } from './run'

/** The code is a file of this name in the working directory, as far as modules are concerned. */
const fileName = '[run]'

export type ImportModule = (specifier: unknown, options?: unknown) => Promise<Record<string, unknown>>

/** Give the code `require`, `module` and the rest. Returns its `import()`. */
export function installModules(): { load: ImportModule; meta: object } {
  const folder = process.cwd()
  const filename = path.join(folder, fileName)
  const require = createRequire(filename)
  const module = new Module(filename)
  module.filename = filename
  module.paths = require.resolve.paths('x') ?? []
  define({ require, module, exports: module.exports, __filename: filename, __dirname: folder })
  for (const name of builtinModules) {
    if (name.startsWith('_') || name.includes('/') || name in globalThis) continue
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => require(name),
      set: (value) => define({ [name]: value }),
    })
  }
  // Code that is compiled as a file imports what that file would.
  const compiler = new Module(filename) as Module & { _compile(code: string, filename: string): void }
  compiler._compile('module.exports = (specifier, options) => import(specifier, options)', filename)
  const url = pathToFileURL(filename).href
  const meta = { dirname: folder, filename, url, resolve: (specifier: string) => resolveFrom(require, specifier) }
  return { load: compiler.exports, meta }
}

/** `import()` that loads TypeScript too; `require` does from then on. */
export function loadTypeScript(load: ImportModule): ImportModule {
  const program = { main: null, workDir: process.cwd(), language: 'typescript' }
  const loader = createRequire(__filename)('./typescript-program.cjs')
  loader.install(program)
  return loader.importer(program, load)
}

/** What a static import gives: the names that it wants, from what a CommonJS module exports too. */
export async function importNames(
  load: ImportModule,
  options: { specifier: string; attributes: unknown; names: readonly string[]; mayMiss: boolean },
): Promise<Record<string, unknown>> {
  const { specifier, attributes, names, mayMiss } = options
  const found = await load(specifier, attributes)
  const missing = names.filter((name) => !(name in found))
  if (missing.length === 0) return found
  const whole: unknown = found.default
  const rest: Record<string, unknown> = {}
  for (const name of missing) {
    if (typeof whole === 'object' && whole !== null && name in whole) rest[name] = Reflect.get(whole, name)
    else if (!mayMiss) {
      throw new SyntaxError(`The requested module '${specifier}' does not provide an export named '${name}'`)
    }
  }
  return { ...found, ...rest }
}

/** `display()` for a client that can show what it gets; plain clients' code does not find one. */
export function offerDisplay(isOffered: boolean, display: Display): void {
  if (isOffered) define({ display })
  else if (Reflect.get(globalThis, 'display') === display) Reflect.deleteProperty(globalThis, 'display')
}

export type Display = ReturnType<typeof makeDisplay>

export function makeDisplay(channel: Channel) {
  const show = (shown: Shown) => {
    if (currentRun()) channel.sendCounted({ op: 'display', data: shown })
  }
  const as = (type: string) => (content: string | Uint8Array) => show(given({ [type]: content }))
  return Object.assign((value: unknown) => show(represent(value)), {
    html: as('text/html'),
    markdown: as('text/markdown'),
    latex: as('text/latex'),
    svg: as('image/svg+xml'),
    png: as('image/png'),
    jpeg: as('image/jpeg'),
    /** Several representations of one thing, by media type. */
    bundle: (bundle: Record<string, unknown>) => show(given(bundle)),
  })
}

function define(values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false })
  }
}

function resolveFrom(require: NodeJS.Require, specifier: string): string {
  const found = require.resolve(specifier)
  return path.isAbsolute(found) ? pathToFileURL(found).href : found
}
