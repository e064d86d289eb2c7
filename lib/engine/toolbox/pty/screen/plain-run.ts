/**
 * A terminal that is behind need not draw lines that would scroll out of its memory anyway. In a stretch of plain text
 * (no escape sequence, no control character but tab and CR LF) every line end puts the cursor into column 0 and leaves
 * all modes alone, so what the terminal shows and remembers depends on the last lines of the stretch only.
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
  /** Where drawing may begin; 0 for all. */
  from: number
  /** The cursor must be brought to column 0 first. */
  newLine: boolean
}

/**
 * What need not be drawn of `bytes` because at least `rows` full rows of plain text follow it. Drawing begins after a
 * line's end, or inside of a line of single-width characters that alone fills so many rows, then in the same column.
 */
export function skippable(bytes: Uint8Array, rows: number, cols: number): Skip {
  const nothing: Skip = { from: 0, newLine: false }
  // The rest of a character that was cut.
  if (((bytes[0] ?? 0) & 0xc0) === 0x80) return nothing
  let wanted = rows + 1
  let lineEnd = plainLength(bytes)
  for (;;) {
    const feed = lineEnd > 0 ? bytes.lastIndexOf(lineFeed, lineEnd - 1) : -1
    const lineStart = feed + 1
    const filled = isAscii(bytes, lineStart, lineEnd) ? Math.floor((lineEnd - lineStart) / cols) : 0
    if (filled > wanted) return { from: lineStart + (filled - wanted) * cols, newLine: feed >= 0 }
    wanted -= Math.max(1, filled)
    if (feed < 0) return nothing
    if (wanted <= 0) return { from: lineStart, newLine: false }
    lineEnd = feed
  }
}

/** Only characters that take one cell, but for the CR of the line's end. */
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
 * How many lines end in bytes that are plain text as a whole, or -1 where they are not.
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

/** 1 for bytes that are plain whatever stands around them. Every byte of a flood is looked at. */
const alwaysPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  (byte >= 0x20 && byte !== rubOut && byte !== c1Lead) || byte === tab || byte === carriageReturn ? 1 : 0,
)

/** A line feed without a carriage return is not plain: it keeps the column. */
function isPlain(bytes: Uint8Array, index: number, before: number): boolean {
  const byte = bytes[index] ?? 0
  if (byte >= 0x20) return byte !== rubOut && (byte !== c1Lead || (bytes[index + 1] ?? 0) >= 0xa0)
  return byte === tab || byte === carriageReturn || (byte === lineFeed && before === carriageReturn)
}

/** The start of a sequence that is kept to see where it ends; a longer one is taken as open until the next ESC. */
const longestKept = 4096

/**
 * Knows whether a stretch of output ends in the middle of an escape sequence, where text is not text. Where that is
 * costly to find out it says so although it may not be.
 */
export class SequenceWatch {
  private open: Uint8Array | null = null

  get isInSequence(): boolean {
    return this.open !== null
  }

  /** Follow the output, piece by piece. */
  note(bytes: Uint8Array): void {
    const all = this.open ? Buffer.concat([this.open, bytes]) : bytes
    const start = Math.max(all.lastIndexOf(escapeByte), lastC1(all))
    if (start < 0 || isComplete(all, start)) this.open = null
    else this.open = Uint8Array.prototype.slice.call(all, start, start + longestKept)
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
