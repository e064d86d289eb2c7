/** The representations of a value, by media type, for clients that can display more than text. */
import { inspect } from 'node:util'
import { tableOf } from './table'

type Bundle = Record<string, unknown>
export interface Representation {
  representations: Bundle
  omitted: Record<string, number>
}

/** Characters. */
const maxText = 1024 * 1024
const maxRepresentation = 8 * 1024 * 1024
const tableType = 'application/vnd.sandglass.table+json'

/** A method with this name returns the whole bundle, as in other kernels. */
const displaySymbol = Symbol.for('Jupyter.display')

/** Methods of a value that return one representation, with the names that Python uses. */
const methods: ReadonlyArray<readonly [name: string, type: string]> = [
  ['_repr_html_', 'text/html'],
  ['_repr_markdown_', 'text/markdown'],
  ['_repr_latex_', 'text/latex'],
  ['_repr_svg_', 'image/svg+xml'],
  ['_repr_png_', 'image/png'],
  ['_repr_jpeg_', 'image/jpeg'],
  ['_repr_json_', 'application/json'],
]

/** All representations of a value. `text/plain` is always there; throws if inspecting the value throws. */
export function represent(value: unknown): Representation {
  const bundle: Bundle = { 'text/plain': inspect(value, { depth: 4, maxStringLength: Number.POSITIVE_INFINITY }) }
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
    addAll(bundle, call(value, displaySymbol))
    addAll(bundle, call(value, '_repr_mimebundle_'))
    for (const [name, type] of methods) if (!(type in bundle)) add(bundle, type, call(value, name))
    const table = tableOf(value)
    if (table) bundle[tableType] = table
  }
  return limited(bundle)
}

/** Representations that the code provides itself. */
export function representationOf(bundle: Bundle): Representation {
  const all: Bundle = {}
  addAll(all, bundle)
  const [first = ''] = Object.values(all).filter((content) => typeof content === 'string')
  return limited({ 'text/plain': first, ...all })
}

/** If such a method throws, only its representation is missing. */
function call(value: object, name: string | symbol): unknown {
  try {
    const method: unknown = Reflect.get(value, name)
    return typeof method === 'function' ? method.call(value) : undefined
  } catch {
    return undefined
  }
}

function addAll(bundle: Bundle, contents: unknown): void {
  if (typeof contents !== 'object' || contents === null) return
  for (const [type, content] of Object.entries(contents)) add(bundle, type, content)
}

/** Bytes become base64, strings stay as they are, and objects are for JSON types only. */
function add(bundle: Bundle, type: string, content: unknown): void {
  if (content instanceof Uint8Array) bundle[type] = Buffer.from(content).toString('base64')
  else if (typeof content === 'string') bundle[type] = content
  else if (type.endsWith('json') && typeof content === 'object' && content !== null) {
    const plain = asJson(content)
    if (plain !== undefined) bundle[type] = plain
  }
}

/** Undefined for what JSON cannot represent. */
function asJson(content: object): unknown {
  try {
    const text = JSON.stringify(content)
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Representations that are too long are left out and listed with their length; `text/plain` is cut. */
function limited(bundle: Bundle): Representation {
  const omitted: Record<string, number> = {}
  for (const [type, content] of Object.entries(bundle)) {
    const { length } = typeof content === 'string' ? content : JSON.stringify(content)
    if (type === 'text/plain' && length > maxText) {
      omitted[type] = length
      bundle[type] = String(content).slice(0, maxText)
    } else if (length > maxRepresentation) {
      omitted[type] = length
      delete bundle[type]
    }
  }
  return { representations: bundle, omitted }
}
