/**
 * Recognises structured lines: JSON objects and logfmt (`level=info msg="started" port=80`), their level, time and
 * message, and the level of plain lines. The text of a line is only read; what is shown elsewhere stays exact.
 */

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export interface ParsedLine {
  format: 'json' | 'logfmt' | 'plain'
  /** Values by path, such as `request.method`, in the order of the line; empty for plain lines. */
  fields: ReadonlyMap<string, string>
  level: Level | null
  /** The message of a structured line; the whole text of a plain one. */
  message: string
}

/** Longer lines are not unfolded. */
const maxLineLength = 64 * 1024
const maxFields = 100
const maxDepth = 4

const levelKeys = ['level', 'lvl', 'severity', 'loglevel', 'log.level', '@level']
const messageKeys = ['msg', 'message', '@message', 'event', 'text']

/** @param text without escape sequences */
export function parseLine(text: string): ParsedLine {
  const trimmed = text.trim()
  const json = trimmed.startsWith('{') && trimmed.length <= maxLineLength ? jsonFields(trimmed) : null
  if (json) return structured('json', json, text)
  const logfmt = trimmed.length <= maxLineLength ? logfmtFields(trimmed) : null
  if (logfmt) return structured('logfmt', logfmt, text)
  return { format: 'plain', fields: new Map(), level: plainLevel(trimmed), message: text }
}

function structured(format: 'json' | 'logfmt', fields: Map<string, string>, text: string): ParsedLine {
  const find = (keys: readonly string[]) => {
    for (const [key, value] of fields) if (keys.includes(key.toLowerCase())) return value
    return null
  }
  return { format, fields, level: levelOf(find(levelKeys) ?? ''), message: find(messageKeys) ?? text }
}

/** Null for text that is not one JSON object with fields. */
function jsonFields(text: string): Map<string, string> | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const fields = new Map<string, string>()
  unfold(value, '', 0, fields)
  return fields.size === 0 ? null : fields
}

function unfold(value: object, prefix: string, depth: number, fields: Map<string, string>): void {
  for (const [key, inner] of Object.entries(value)) {
    if (fields.size >= maxFields) return
    const path = prefix + key
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    if (isObject && depth + 1 < maxDepth && Object.keys(inner).length > 0) unfold(inner, `${path}.`, depth + 1, fields)
    else fields.set(path, typeof inner === 'string' ? inner : JSON.stringify(inner))
  }
}

/** A key, and a value that is quoted or has no white space. Sticky, so that a line is read once from left to right. */
const pair = /([A-Za-z_@][\w.@/-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?:\s+|$)/y
const word = /\S+\s*/y

/** Null unless the line has at least two pairs, and more pairs than other words: prose may contain one `a=b`. */
function logfmtFields(text: string): Map<string, string> | null {
  if (!text.includes('=')) return null
  const fields = new Map<string, string>()
  let words = 0
  for (let at = 0; at < text.length && fields.size < maxFields; ) {
    pair.lastIndex = at
    const match = pair.exec(text)
    if (match?.[1]) {
      fields.set(match[1], match[2]?.replaceAll(/\\(.)/g, '$1') ?? match[3] ?? '')
      at = pair.lastIndex
      continue
    }
    word.lastIndex = at
    if (!word.test(text)) break
    at = word.lastIndex
    words += 1
  }
  return fields.size >= 2 && fields.size > words ? fields : null
}

const levelNames: Readonly<Record<string, Level>> = {
  trace: 'trace',
  verbose: 'trace',
  debug: 'debug',
  dbg: 'debug',
  info: 'info',
  inf: 'info',
  information: 'info',
  notice: 'info',
  warn: 'warn',
  wrn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  fatal: 'fatal',
  ftl: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  panic: 'fatal',
  alert: 'fatal',
  emergency: 'fatal',
  emerg: 'fatal',
}

/** The level of a name, or of a number as bunyan and pino write it: 10 trace to 60 fatal. */
function levelOf(text: string): Level | null {
  const numbers: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
  if (/^[1-6]0$/.test(text)) return numbers[Number(text) / 10 - 1] ?? null
  const name = text.toLowerCase()
  return Object.hasOwn(levelNames, name) ? (levelNames[name] ?? null) : null
}

/** Characters of a plain line in which its level is searched: later words belong to the message. */
const levelRange = 80
const upperLevel = /(?:^|[\s[(|<])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|PANIC)(?=$|[\s\])|>:])/
const leadingLevel = /^\[?(trace|debug|info|notice|warn|warning|error|fatal|critical|panic)(?:\]|:|\s+-\s)/i

/** `2026-01-02 ERROR …`, `[warn] …`, `error: …`; a word of a sentence is not a level. */
function plainLevel(text: string): Level | null {
  const start = text.slice(0, levelRange)
  const name = leadingLevel.exec(start)?.[1] ?? upperLevel.exec(start)?.[1]
  return name === undefined ? null : levelOf(name)
}
