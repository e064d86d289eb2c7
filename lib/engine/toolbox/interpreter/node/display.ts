/** What a value looks like to a client that can show more than text: a set of representations by media type. */
import { inspect } from 'node:util'
import { tableOf } from './table'

type Bundle = Record<string, unknown>
export interface Shown {
  representations: Bundle
  omitted: Record<string, number>
}

/** Characters. */
const maxText = 1024 * 1024
const maxRepresentation = 8 * 1024 * 1024
const tableType = 'application/vnd.sandglass.table+json'

/** A method with this name gives the whole bundle, as in other kernels. */
const displaySymbol = Symbol.for('Jupyter.display')

/** Methods of a value that give one representation, by the names that Python's have. */
const methods: ReadonlyArray<readonly [name: string, type: string]> = [
  ['_repr_html_', 'text/html'],
  ['_repr_markdown_', 'text/markdown'],
  ['_repr_latex_', 'text/latex'],
  ['_repr_svg_', 'image/svg+xml'],
  ['_repr_png_', 'image/png'],
  ['_repr_jpeg_', 'image/jpeg'],
  ['_repr_json_', 'application/json'],
]

/** Every form that a value has. `text/plain` is always there, and fails where the value's own inspection does. */
export function represent(value: unknown): Shown {
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

/** Representations that the code made itself. */
export function given(bundle: Bundle): Shown {
  const all: Bundle = {}
  addAll(all, bundle)
  const [first = ''] = Object.values(all).filter((content) => typeof content === 'string')
  return limited({ 'text/plain': first, ...all })
}

/** A method for showing is a convenience: one that fails leaves its representation out. */
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

/** Bytes travel as base64, texts as they are, and objects where the type is JSON. */
function add(bundle: Bundle, type: string, content: unknown): void {
  if (content instanceof Uint8Array) bundle[type] = Buffer.from(content).toString('base64')
  else if (typeof content === 'string') bundle[type] = content
  else if (type.endsWith('json') && typeof content === 'object' && content !== null) {
    const plain = asJson(content)
    if (plain !== undefined) bundle[type] = plain
  }
}

/** What JSON cannot hold has no representation in it. */
function asJson(content: object): unknown {
  try {
    const text = JSON.stringify(content)
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is too long is left out, or cut where it is the text, and told with its length. */
function limited(bundle: Bundle): Shown {
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
