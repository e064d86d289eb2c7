/**
 * A terminal that lags need not draw lines that would scroll out of its buffer anyway. In plain text (no escape
 * sequence, no control character except tab and CR LF) each line end puts the cursor into column 0 and changes no mode,
 * so the content of the terminal depends on the last lines of that text only.
 */
const tab = 0x09
const lineFeed = 0x0a
const carriageReturn = 0x0d
const bell = 0x07
const escapeByte = 0x1b
const rubOut = 0x7f
/** Lead byte of the characters U+0080 to U+00BF in UTF-8; below U+00A0 they are control characters. */
const c1Lead = 0xc2

export interface Skip {
  /** Index from which to draw; 0 to draw everything. */
  from: number
  /** A line end must be written first, to move the cursor to column 0. */
  newLine: boolean
}

/**
 * The beginning of `bytes` that need not be drawn because at least `rows` full rows of plain text follow it. Drawing
 * starts after a line end, or, in the same column, within a line of single-width characters that fills so many rows.
 */
export function skippable(bytes: Uint8Array, rows: number, cols: number): Skip {
  const nothing: Skip = { from: 0, newLine: false }
  // The first byte continues a character of the chunk before.
  if (((bytes[0] ?? 0) & 0xc0) === 0x80) return nothing
  let needed = rows + 1
  let lineEnd = plainLength(bytes)
  for (;;) {
    const feed = lineEnd > 0 ? bytes.lastIndexOf(lineFeed, lineEnd - 1) : -1
    const lineStart = feed + 1
    const filled = isAscii(bytes, lineStart, lineEnd) ? Math.floor((lineEnd - lineStart) / cols) : 0
    if (filled > needed) return { from: lineStart + (filled - needed) * cols, newLine: feed >= 0 }
    needed -= Math.max(1, filled)
    if (feed < 0) return nothing
    if (needed <= 0) return { from: lineStart, newLine: false }
    lineEnd = feed
  }
}

/** True for characters that take one cell each, and a CR at the end. */
function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) {
    const byte = bytes[i] ?? 0
    if ((byte < 0x20 || byte >= rubOut) && !(byte === carriageReturn && i === to - 1)) return false
  }
  return true
}

/** Length of the plain text at the beginning. */
function plainLength(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i += 1) {
    if (alwaysPlain[bytes[i] ?? 0] === 1) continue
    if (!isPlain(bytes, i, bytes[i - 1] ?? 0)) return i
  }
  return bytes.length
}

/**
 * The number of line ends in the bytes, or -1 where they are not all plain text.
 * @param before the byte before them
 */
export function plainLines(bytes: Uint8Array, before: number): number {
  let lines = 0
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0
    if (alwaysPlain[byte] === 1) continue
    if (!isPlain(bytes, i, i === 0 ? before : (bytes[i - 1] ?? 0))) return -1
    if (byte === lineFeed) lines += 1
  }
  return lines
}

/** 1 for bytes that are plain in any context. A table, since every byte of a flood is checked. */
const alwaysPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  (byte >= 0x20 && byte !== rubOut && byte !== c1Lead) || byte === tab || byte === carriageReturn ? 1 : 0,
)

/** A line feed without a carriage return is not plain: it keeps the column. */
function isPlain(bytes: Uint8Array, index: number, before: number): boolean {
  const byte = bytes[index] ?? 0
  if (byte >= 0x20) return byte !== rubOut && (byte !== c1Lead || (bytes[index + 1] ?? 0) >= 0xa0)
  return byte === tab || byte === carriageReturn || (byte === lineFeed && before === carriageReturn)
}

/** A sequence is kept up to this length to find its end; a longer one counts as open until the next ESC. */
const maxSequenceBytes = 4096

/**
 * Knows whether the output so far ends within an escape sequence, where text may be part of the sequence. Sequences
 * whose end is costly to find count as open.
 */
export class SequenceTracker {
  private open: Uint8Array | null = null

  get isInSequence(): boolean {
    return this.open !== null
  }

  /** Follow the output, chunk by chunk. */
  follow(bytes: Uint8Array): void {
    const all = this.open ? Buffer.concat([this.open, bytes]) : bytes
    const start = Math.max(all.lastIndexOf(escapeByte), lastC1(all))
    if (start < 0 || isComplete(all, start)) this.open = null
    else this.open = Uint8Array.prototype.slice.call(all, start, start + maxSequenceBytes)
  }
}

function lastC1(bytes: Uint8Array): number {
  let at = bytes.lastIndexOf(c1Lead)
  while (at > 0 && (bytes[at + 1] ?? 0) >= 0xa0) at = bytes.lastIndexOf(c1Lead, at - 1)
  return at >= 0 && (bytes[at + 1] ?? 0) < 0xa0 ? at : -1
}

/** True when the sequence that begins at `start` ends in `bytes`. */
function isComplete(bytes: Uint8Array, start: number): boolean {
  if (bytes[start] !== escapeByte) return false
  const kind = String.fromCharCode(bytes[start + 1] ?? 0)
  switch (kind) {
    case '\0':
      return false
    case '[':
      return hasFinal(bytes, start + 2, 0x40)
    case ']':
      return bytes.indexOf(bell, start) >= 0
    case 'P':
    case 'X':
    case '^':
    case '_':
      return false
    default:
      return hasFinal(bytes, start + 1, 0x30)
  }
}

function hasFinal(bytes: Uint8Array, from: number, lowest: number): boolean {
  for (let i = from; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0
    if (byte >= lowest && byte < rubOut) return true
  }
  return false
}
