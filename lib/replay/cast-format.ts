/**
 * The asciicast formats of asciinema, versions 1, 2 and 3. Versions 2 and 3 have a header and one event on each line;
 * times count from the start in version 2 and from the event before in version 3. Version 1 is one JSON document.
 */
import type { Grid, ReplayEvent } from './replay-event'

/** A side of a terminal above this is not drawn. */
const maxSide = 1000
/** Limit of a title, in characters. */
const maxTitleLength = 500

export interface CastHeader {
  version: 1 | 2 | 3
  grid: Grid
  title: string | null
  /** When the recording started, in seconds since 1970. */
  startedAt: number | null
}

/** A file that is not what it should be, with the number of the line, from 1. */
export class CastError extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(`Line ${line}: ${message}`)
    this.name = 'CastError'
  }
}

/** Read the first line of version 2 or 3. Throws a `CastError`. */
export function parseCastHeader(text: string, line: number): CastHeader {
  const header = parseLine(text, line)
  if (!isRecord(header)) throw new CastError(line, 'the header of an asciicast file is a JSON object.')
  const { version, title, timestamp } = header
  if (version !== 2 && version !== 3) throw new CastError(line, unknownVersion(version))
  const size = version === 3 ? header.term : header
  const [cols, rows] = isRecord(size) ? (version === 3 ? [size.cols, size.rows] : [size.width, size.height]) : []
  return {
    version,
    grid: gridOf(cols, rows, line),
    title: typeof title === 'string' && title !== '' ? title.slice(0, maxTitleLength) : null,
    startedAt: typeof timestamp === 'number' && Number.isFinite(timestamp) ? timestamp : null,
  }
}

/**
 * Read the line of an event.
 * @param beforeMs time of the event before
 * @returns null for a comment, and for events that are not shown, such as input; with the time that later ones count from
 */
export function parseCastEvent(
  text: string,
  line: number,
  version: 2 | 3,
  beforeMs: number,
): { ms: number; event: ReplayEvent | null } {
  if (text.trim() === '' || (version === 3 && text.startsWith('#'))) return { ms: beforeMs, event: null }
  const value = parseLine(text, line)
  if (!Array.isArray(value) || value.length < 3) {
    throw new CastError(line, 'an event is an array of a time, a code and its data.')
  }
  const [seconds, code, data] = value as unknown[]
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) {
    throw new CastError(line, 'the time of an event is a number of seconds, not below zero.')
  }
  if (typeof code !== 'string') throw new CastError(line, 'the code of an event is a text.')
  if (typeof data !== 'string') throw new CastError(line, 'the data of an event are a text.')
  // An event that is dated before the one before it, as some editors write them, happens at the same time.
  const ms = version === 3 ? beforeMs + seconds * 1000 : Math.max(beforeMs, seconds * 1000)
  return { ms, event: eventOf(code, data, ms, line) }
}

/** All of a file of version 1, as lines of version 2. Throws a `CastError`. */
export function upgradeCast1(text: string): string[] {
  const document = parseLine(text, 1)
  if (!isRecord(document) || document.version !== 1) {
    throw new CastError(1, unknownVersion(isRecord(document) ? document.version : undefined))
  }
  const { width, height, title, stdout } = document
  gridOf(width, height, 1)
  if (!Array.isArray(stdout)) throw new CastError(1, 'a file of version 1 has its output in a list named stdout.')
  let seconds = 0
  const events = stdout.map((item: unknown, index) => {
    const [delay, data] = Array.isArray(item) ? (item as unknown[]) : []
    if (typeof delay !== 'number' || !(delay >= 0) || typeof data !== 'string') {
      throw new CastError(1, `entry ${index + 1} of the output is not a delay in seconds and a text.`)
    }
    seconds += delay
    return JSON.stringify([seconds, 'o', data])
  })
  return [JSON.stringify({ version: 2, width, height, ...(typeof title === 'string' && { title }) }), ...events]
}

function eventOf(code: string, data: string, ms: number, line: number): ReplayEvent | null {
  switch (code) {
    case 'o':
      return { kind: 'output', ms, data, isStderr: false }
    case 'r': {
      const match = /^(\d{1,5})x(\d{1,5})$/.exec(data)
      if (!match) throw new CastError(line, 'a size is written as columns, x and rows, such as 80x24.')
      return { kind: 'resize', ms, grid: gridOf(Number(match[1]), Number(match[2]), line) }
    }
    case 'm':
      return { kind: 'marker', ms, label: data.slice(0, maxTitleLength) }
    case 'x':
      return { kind: 'exit', ms, status: Number.parseInt(data, 10) || 0 }
    default:
      return null // input, or a code of a later version
  }
}

function gridOf(cols: unknown, rows: unknown, line: number): Grid {
  if (!isSide(cols) || !isSide(rows)) {
    throw new CastError(line, `a terminal has 1 to ${maxSide} columns and rows.`)
  }
  return { cols, rows }
}

function isSide(side: unknown): side is number {
  return typeof side === 'number' && Number.isInteger(side) && side >= 1 && side <= maxSide
}

function unknownVersion(version: unknown): string {
  if (typeof version === 'number') return `asciicast version ${version} is unknown; versions 1, 2 and 3 can be read.`
  return 'this is not an asciicast file: the header has no version.'
}

function parseLine(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CastError(line, line === 1 ? 'this is not an asciicast file: the line is not JSON.' : 'not valid JSON.')
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
