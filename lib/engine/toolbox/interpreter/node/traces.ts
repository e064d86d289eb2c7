/** Stack traces and errors as the client sees them: the code's own frames, under its own line numbers. */
import { findSourceMap, SourceMap, type SourceMapPayload } from 'node:module'
import { inspect } from 'node:util'
import type { Position, Rewritten } from './rewriting'
import { helper } from './script'

/** How a run is named in a trace. */
const shownName = '<run>'
const scheme = 'sandglass:run/'
/** Sources of so many runs are kept; functions of older ones are told without their lines. */
const keptSources = 1_000
/** A longer line is no help to a person. */
const longestExcerpt = 500

export interface ShownError {
  name: string
  value: string
  traceback: string
}

/** What a run's script was made from. */
interface Source {
  lines: string[]
  locate(position: Position): Position
}

interface Place extends Position {
  source: Source
}

const sources = new Map<string, Source>()
/** Where errors came from, for the line that is shown above their trace. */
const origins = new WeakMap<object, Place>()
let made = 0

/**
 * Note the source of a run. Returns the name of its script for V8.
 * @param sourceMap of code that was made from another language
 */
export function addSource(code: string, rewritten: Rewritten, sourceMap: string | undefined): string {
  made += 1
  const name = `${scheme}${made}`
  const map = sourceMap === undefined ? null : readSourceMap(sourceMap)
  sources.set(name, {
    lines: (map?.content ?? code).split(/\r\n|[\n\r\u2028\u2029]/),
    locate: (position) => {
      const inCode = rewritten.locate(position)
      return map ? map.locate(inCode) : inCode
    },
  })
  const [oldest] = sources.keys()
  if (sources.size > keptSources && oldest !== undefined) sources.delete(oldest)
  return name
}

function readSourceMap(text: string) {
  const payload: SourceMapPayload = JSON.parse(text)
  const map = new SourceMap(payload)
  return {
    content: payload.sourcesContent[0],
    locate: ({ line, column }: Position): Position => {
      const entry = map.findEntry(line - 1, column - 1)
      return 'originalLine' in entry
        ? { line: entry.originalLine + 1, column: entry.originalColumn + 1 }
        : { line, column }
    },
  }
}

/** Have every stack trace of the process tell the code's own places, unless the code has its own way with them. */
export function installTraces(): void {
  const { prepareStackTrace } = Error
  if (prepareStackTrace === undefined || prepareStackTrace === nodesOwn) Error.prepareStackTrace = prepareTrace
}

/** Newer versions of Node have one to begin with. */
const nodesOwn = Error.prepareStackTrace

function prepareTrace(error: unknown, sites: NodeJS.CallSite[]): string {
  const own = ownSites(sites)
  const first = own.map(placeOf).find((place) => place !== null)
  if (first && typeof error === 'object' && error !== null) origins.set(error, first)
  return [headOf(error), ...own.map((site) => `    at ${frameOf(site)}`)].join('\n')
}

/** A frame under the positions that the code has in its own language. */
function frameOf(site: NodeJS.CallSite): string {
  const text = withPlaces(String(site))
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()]
  if (line === null || column === null) return text
  const entry = findSourceMap(fileOf(site))?.findEntry(line - 1, column - 1)
  if (!entry || !('originalLine' in entry)) return text
  return text.replace(/:\d+:\d+(?=\)?$)/, `:${entry.originalLine + 1}:${entry.originalColumn + 1}`)
}

/** The frames of what runs at this moment, below that of the interpreter which asks. */
export function framesNow(): NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = 50
    Error.prepareStackTrace = (_error, sites) => sites
    const sites = new Error('here').stack as unknown as NodeJS.CallSite[]
    return sites.slice(sites.findIndex((site) => fileOf(site) === helper) + 1)
  } finally {
    Error.prepareStackTrace = prepareStackTrace
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** An error that has no trace of its own, told where the frames are. */
export function errorAt(name: string, value: string, sites: readonly NodeJS.CallSite[]): ShownError {
  const own = ownSites([...sites])
  const frames = own.filter(isFrameOfCode).map((site) => `    at ${frameOf(site)}\n`)
  const place = own.map(placeOf).find((it) => it !== null) ?? null
  return { name, value, traceback: `${excerpt(place)}${name}: ${value}\n${frames.join('')}` }
}

/** What the code threw. It may be anything. */
export function explain(thrown: unknown): ShownError {
  try {
    if (!(thrown instanceof Error) && !isErrorOfAnotherRealm(thrown)) {
      const value = inspect(thrown)
      return { name: 'Uncaught', value, traceback: `Uncaught ${value}\n` }
    }
    const { name, message } = thrown
    const text = ofCode(withPlaces(inspect(thrown)))
    const place = origins.get(thrown) ?? null
    return { name: String(name), value: String(message), traceback: `${excerpt(place)}${text}\n` }
  } catch (failure) {
    const why = failure instanceof Error ? failure.name : typeof failure
    return { name: 'Error', value: '', traceback: `Error\n(what was thrown cannot be shown: ${why})\n` }
  }
}

/** The code has errors that V8 found before it ran. `column` is where, from 1, in the script. */
export function grammarError(name: string, message: string, script: string, position: Position): ShownError {
  const source = sources.get(script)
  const place = source ? { source, ...source.locate(position) } : null
  return { name, value: message, traceback: `${excerpt(place)}${name}: ${message}\n` }
}

/** True where the error was made while the script ran, and not before. What a file that it loads lacks has frames. */
export function hasFrames(error: Error): boolean {
  const stack = String(error.stack)
  return /\n {4}at /.test(stack) || [shownName, scheme].some((name) => stack.includes(name))
}

function isErrorOfAnotherRealm(thrown: unknown): thrown is Error {
  return Object.prototype.toString.call(thrown) === '[object Error]'
}

function headOf(error: unknown): string {
  try {
    return Error.prototype.toString.call(error)
  } catch {
    // Its name or message cannot be read; the frames still can.
    return 'Error'
  }
}

/** Without the interpreter's frames, and without those below the code, which are the interpreter's and Node's. */
function ownSites(sites: NodeJS.CallSite[]): NodeJS.CallSite[] {
  const end = sites.findIndex((site) => fileOf(site) === 'node:inspector')
  return sites.slice(0, end < 0 ? sites.length : end).filter((site) => fileOf(site) !== __filename)
}

function isFrameOfCode(site: NodeJS.CallSite): boolean {
  return !fileOf(site).startsWith('node:')
}

/** A text without frames of Node and of the interpreter; what follows the last frame on its line stays. */
function ofCode(text: string): string {
  return text.replace(/\n\s+at ([^\n]*?)( \{)?(?=\n|$)/g, (whole, frame: string, rest = '') => {
    const isForeign = /\(?node:[\w/]+:\d+:\d+\)?$/.test(frame) || frame.includes(__filename)
    return isForeign ? rest : whole
  })
}

function fileOf(site: NodeJS.CallSite): string {
  return site.getScriptNameOrSourceURL() ?? ''
}

function placeOf(site: NodeJS.CallSite): Place | null {
  const source = sources.get(fileOf(site))
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()]
  return source && line !== null && column !== null ? { source, ...source.locate({ line, column }) } : null
}

function withPlaces(text: string): string {
  return text.replace(/sandglass:run\/\d+(:(\d+):(\d+))?/g, (whole, _place, line?: string, column?: string) => {
    const source = sources.get(whole.split(':', 2).join(':'))
    if (!source || line === undefined || column === undefined) return shownName
    const at = source.locate({ line: Number(line), column: Number(column) })
    return `${shownName}:${at.line}:${at.column}`
  })
}

/** The line where it happened, with a mark below the place, as Node shows it. */
function excerpt(place: Place | null): string {
  const text = place?.source.lines[place.line - 1]
  if (!place || text === undefined || text.length > longestExcerpt) return ''
  const mark = `${text.slice(0, place.column - 1).replace(/[^\t]/g, ' ')}^`
  return `${shownName}:${place.line}\n${text}\n${mark}\n\n`
}
