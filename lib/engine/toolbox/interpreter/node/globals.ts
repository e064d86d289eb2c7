/** Globals of the code: `require` and `import` as in a file of the working directory, and `display`. */
import Module, { builtinModules, createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Channel } from './channel'
import { type Representation, represent, representationOf } from './display'
import { currentRun } from './run'

/** For module resolution the code is a file of this name in the working directory. */
const fileName = '[run]'

export type ImportModule = (specifier: unknown, options?: unknown) => Promise<Record<string, unknown>>

/** Define `require`, `module` and the rest for the code. Returns its `import()`. */
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
  // A function compiled as that file imports what the file would.
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

/** The requested names of a static import; those of CommonJS modules may be properties of the default export. */
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

/** Define `display()` for clients that can display representations, and only for those. */
export function offerDisplay(isOffered: boolean, display: Display): void {
  if (isOffered) define({ display })
  else if (Reflect.get(globalThis, 'display') === display) Reflect.deleteProperty(globalThis, 'display')
}

export type Display = ReturnType<typeof makeDisplay>

export function makeDisplay(channel: Channel) {
  const show = (shown: Representation) => {
    if (currentRun()) channel.sendCounted({ op: 'display', data: shown })
  }
  const as = (type: string) => (content: string | Uint8Array) => show(representationOf({ [type]: content }))
  return Object.assign((value: unknown) => show(represent(value)), {
    html: as('text/html'),
    markdown: as('text/markdown'),
    latex: as('text/latex'),
    svg: as('image/svg+xml'),
    png: as('image/png'),
    jpeg: as('image/jpeg'),
    /** Several representations of one value, by media type. */
    bundle: (bundle: Record<string, unknown>) => show(representationOf(bundle)),
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
