/**
 * Finds matching lines in blocks of whole lines. A plain text is found by the native search, in linear time. A regular
 * expression is matched by RE2's algorithms, whose time is linear in the text whatever the pattern is, and which reject
 * back-references and look-around.
 */
import { RE2JS } from 're2js'
import { BytePattern } from '../../search/byte-pattern'
import type { LineCriteria } from './messages'

const lineFeed = 0x0a
/** A block is tested in parts of about this size before its lines are. */
const testedBytes = 64 * 1024
const isAscii = /^[\0-\x7f]*$/

/** A pattern cannot be compiled. The message is for the person who wrote it. */
export class InvalidPattern extends Error {}

/** Index of the match in one line, which has no line feed; -1 if there is none. */
type FindInLine = (line: Buffer) => number

export interface LineMatcher {
  /**
   * Visit the matching lines of `bytes` in order, until `visit` returns false.
   * @param bytes whole lines; the last one may lack its line feed
   * @param visit receives the line without its line feed
   */
  forEachLine(bytes: Buffer, visit: (start: number, end: number) => boolean): void
  /** Index of the match in a matching line. */
  find: FindInLine
}

/** @throws InvalidPattern */
export function lineMatcher(criteria: LineCriteria): LineMatcher {
  const matcher = textMatcher(criteria)
  if (!criteria.level) return matcher
  const isLevel = levelTest(criteria.level)
  return {
    find: matcher.find,
    forEachLine: (bytes, visit) =>
      matcher.forEachLine(bytes, (start, end) => !isLevel(bytes.subarray(start, end)) || visit(start, end)),
  }
}

function textMatcher({ text, regex, case: isCaseSensitive, word }: LineCriteria): LineMatcher {
  if (text === '') return { forEachLine: forEachLine, find: () => 0 }
  if (regex || word) return patternMatcher(regex ? text : RE2JS.quote(text), isCaseSensitive, word)
  if (text.includes('\n')) throw new InvalidPattern('a text is searched in single lines and cannot contain a line feed')
  if (isCaseSensitive) return plainMatcher(Buffer.from(text))
  return isAscii.test(text) ? looseMatcher(Buffer.from(text)) : patternMatcher(RE2JS.quote(text), false, false)
}

function forEachLine(bytes: Buffer, visit: (start: number, end: number) => boolean): void {
  for (let start = 0; start < bytes.length; ) {
    const end = endOfLine(bytes, start)
    if (!visit(start, end)) return
    start = end + 1
  }
}

function endOfLine(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(lineFeed, from)
  return end === -1 ? bytes.length : end
}

/** Bytes that are rare in logs: punctuation, digits and capitals before the most frequent letters. */
function rarity(byte: number): number {
  const letter = String.fromCharCode(byte)
  if (' etaoinsrhl'.includes(letter)) return 0
  if (/[a-z0-9:.\-/=]/.test(letter)) return 1
  if (/[A-Z]/.test(letter)) return 2
  return 3
}

/**
 * The native search looks for the first byte of its pattern, so it is given the text from its rarest byte on.
 */
function plainMatcher(text: Buffer): LineMatcher {
  let skip = 0
  for (const [index, byte] of text.entries()) if (rarity(byte) > rarity(text[skip] ?? 0)) skip = index
  const probe = text.subarray(skip)
  const find = (bytes: Buffer, from: number): number => {
    for (let at = bytes.indexOf(probe, from + skip); at !== -1; at = bytes.indexOf(probe, at + 1)) {
      const start = at - skip
      if (skip === 0 || bytes.compare(text, 0, skip, start, at) === 0) return start
    }
    return -1
  }
  return {
    find: (line) => find(line, 0),
    forEachLine(bytes, visit) {
      for (let at = find(bytes, 0); at !== -1; ) {
        const end = endOfLine(bytes, at)
        if (!visit(startOfLine(bytes, at), end)) return
        at = end >= bytes.length ? -1 : find(bytes, end + 1)
      }
    },
  }
}

function startOfLine(bytes: Buffer, at: number): number {
  return at === 0 ? 0 : bytes.lastIndexOf(lineFeed, at - 1) + 1
}

/** Ignores the case of ASCII letters. */
function looseMatcher(text: Buffer): LineMatcher {
  const pattern = new BytePattern(text, true)
  return {
    find: (line) => pattern.first(line),
    forEachLine(bytes, visit) {
      let next = 0
      pattern.first(bytes, 0, bytes.length, (index) => {
        if (index < next) return false
        const end = endOfLine(bytes, index)
        next = end + 1
        return !visit(startOfLine(bytes, index), end)
      })
    },
  }
}

function patternMatcher(pattern: string, isCaseSensitive: boolean, word: boolean): LineMatcher {
  const flags = RE2JS.MULTILINE | (isCaseSensitive ? 0 : RE2JS.CASE_INSENSITIVE)
  const compiled = compile(word ? `\\b(?:${pattern})\\b` : pattern, flags)
  // At the start or end of the whole text means of the line here, which only a test of single lines shows.
  const hasTextAnchor = /\\[AzZ]/.test(pattern)
  const visitLines = (bytes: Buffer, from: number, to: number, visit: (start: number, end: number) => boolean) => {
    for (let start = from; start < to; ) {
      const end = endOfLine(bytes, start)
      if (compiled.test(bytes.subarray(start, end)) && !visit(start, end)) return false
      start = end + 1
    }
    return true
  }
  return {
    find(line) {
      const matcher = compiled.matcher(line)
      return matcher.find() ? matcher.start() : -1
    },
    forEachLine(bytes, visit) {
      for (let from = 0; from < bytes.length; ) {
        const to = endOfLine(bytes, Math.min(from + testedBytes, bytes.length)) + 1
        const part = bytes.subarray(from, to)
        if ((hasTextAnchor || compiled.test(part)) && !visitLines(bytes, from, Math.min(to, bytes.length), visit))
          return
        from = to
      }
    },
  }
}

function compile(pattern: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(pattern, flags)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'unknown'
    throw new InvalidPattern(`the regular expression is not valid: ${reason}`)
  }
}

const levelWords = {
  error: 'error|err|fatal|critical|crit|panic|severe|emerg|alert',
  warn: 'warning|warn',
  info: 'info|notice',
  debug: 'debug|trace|verbose',
} as const

/** A level is a word near the start of a line, or the value of a field `level`, `severity` or `lvl`. */
const levelPrefixBytes = 200

function levelTest(level: keyof typeof levelWords): (line: Buffer) => boolean {
  const words = levelWords[level]
  const all = Object.values(levelWords).join('|')
  const field = /\b(?:level|severity|lvl)["']?\s{0,4}[=:]\s{0,4}["']?(\w{1,12})/i
  const first = new RegExp(`(?:^|[^\\w])(${all})(?!\\w)`, 'i')
  const own = new RegExp(`^(?:${words})$`, 'i')
  return (line) => {
    const start = line.toString('latin1', 0, Math.min(line.length, levelPrefixBytes))
    const named = field.exec(start)?.[1] ?? first.exec(start)?.[1]
    return named !== undefined && own.test(named)
  }
}
