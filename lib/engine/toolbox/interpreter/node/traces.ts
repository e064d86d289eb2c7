/** Stack traces and errors as clients see them: only the code's own frames, with its own line numbers. */
import { findSourceMap, SourceMap, type SourceMapPayload } from 'node:module'
import { inspect } from 'node:util'
import type { Position, Rewritten } from './rewriting'
import { helper } from './script'

/** The name of a run in stack traces. */
const shownName = '<run>'
const scheme = 'sandglass:run/'
/** Sources of this many runs are kept; frames of older ones have no line numbers. */
const maxSources = 1_000
/** Longer lines are not shown above a trace. */
const maxExcerptLength = 500

export interface DescribedError {
  name: string
  value: string
  traceback: string
}

/** The source of a run's script. */
interface Source {
  lines: string[]
  locate(position: Position): Position
}

interface Place extends Position {
  source: Source
}

const sources = new Map<string, Source>()
/** Where errors were thrown, for the line above their trace. */
const origins = new WeakMap<object, Place>()
let made = 0

/**
 * Register the source of a run. Returns the script's name for V8.
 * @param sourceMap of code that was compiled from another language
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
  if (sources.size > maxSources && oldest !== undefined) sources.delete(oldest)
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

/** Map the stack traces of the process to the code's own positions, unless the code formats them itself. */
export function installTraces(): void {
  const { prepareStackTrace } = Error
  if (prepareStackTrace === undefined || prepareStackTrace === nodesOwn) Error.prepareStackTrace = prepareTrace
}

/** Newer versions of Node define one. */
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

/** The current frames, below those of the interpreter's call. */
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

/** An error without a trace of its own, with the given frames. */
export function errorAt(name: string, value: string, sites: readonly NodeJS.CallSite[]): DescribedError {
  const own = ownSites([...sites])
  const frames = own.filter(isFrameOfCode).map((site) => `    at ${frameOf(site)}\n`)
  const place = own.map(placeOf).find((it) => it !== null) ?? null
  return { name, value, traceback: `${excerpt(place)}${name}: ${value}\n${frames.join('')}` }
}

/** Describe what the code threw, which may be any value. */
export function describeError(thrown: unknown): DescribedError {
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

/** A syntax error that V8 found before the code ran, at a 1-based position in the script. */
export function grammarError(name: string, message: string, script: string, position: Position): DescribedError {
  const source = sources.get(script)
  const place = source ? { source, ...source.locate(position) } : null
  return { name, value: message, traceback: `${excerpt(place)}${name}: ${message}\n` }
}

/** True if the error was created while the script ran. Syntax errors of files that it loads have frames too. */
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
    // Its name or message cannot be read; its frames can.
    return 'Error'
  }
}

/** Without the frames of the interpreter, and of Node below the code. */
function ownSites(sites: NodeJS.CallSite[]): NodeJS.CallSite[] {
  const end = sites.findIndex((site) => fileOf(site) === 'node:inspector')
  return sites.slice(0, end < 0 ? sites.length : end).filter((site) => fileOf(site) !== __filename)
}

function isFrameOfCode(site: NodeJS.CallSite): boolean {
  return !fileOf(site).startsWith('node:')
}

/** Remove frames of Node and of the interpreter from a text; what follows the last frame on its line stays. */
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

/** The source line with a mark below the position, as Node shows it. */
function excerpt(place: Place | null): string {
  const text = place?.source.lines[place.line - 1]
  if (!place || text === undefined || text.length > maxExcerptLength) return ''
  const mark = `${text.slice(0, place.column - 1).replace(/[^\t]/g, ' ')}^`
  return `${shownName}:${place.line}\n${text}\n${mark}\n\n`
}
