/** Scans a journal line by line. Blocks are cut at line ends, so that a match across the border of two reads is found. */
import { type LineMatcher, lineMatcher } from './line-matcher'
import type { ScannedLines, ScanReply, ScanRequest, ScanSource } from './messages'
import { OwnBytes } from './own-bytes'

const blockBytes = 1024 * 1024
/** A longer line is searched in parts of this size. */
const maxLineBytes = 16 * 1024 * 1024
const progressIntervalMs = 100
const hitsPerMessage = 500
/** Lines are sent in messages of about this size, of which so many may wait. */
const messageBytes = 256 * 1024
const maxWaitingMessages = 4
/** A backward search steps back by this many bytes and searches each step forward. */
const backwardStepBytes = 8 * 1024 * 1024
const lineFeed = 0x0a

/** A block of whole lines at an offset. Returns false to stop. */
type VisitBlock = (bytes: Buffer, offset: number) => boolean

/** @throws InvalidPattern before anything was posted */
export function scan(request: ScanRequest, post: (reply: ScanReply, transfer?: ArrayBuffer[]) => void): void {
  const { source, task } = request
  const matcher = lineMatcher(request.criteria)
  post({ type: 'started' })
  if (task.kind === 'count') {
    count(request, task, matcher, post)
    return
  }
  if (task.kind === 'lines') {
    sendLines(request, task, matcher, post)
    return
  }
  const found = task.kind === 'first' ? findFirst(source, task.from, matcher) : findLast(source, task.before, matcher)
  post({ type: 'end', lines: found === null ? 0 : 1, searched: source.size, buckets: [], found, complete: true })
}

/** Offset of the first match at or after an offset, one for each line; null if there is none. */
function findFirst(source: ScanSource, from: number, matcher: LineMatcher): number | null {
  let found: number | null = null
  forEachBlock(source, (bytes, offset) => {
    matcher.forEachLine(bytes, (start, end) => {
      const at = offset + start + matcher.find(bytes.subarray(start, end))
      if (at >= from) found = at
      return found === null
    })
    return found === null
  })
  return found
}

/** Offset of the last match before an offset. A whole journal is searched in steps from there back to its start. */
function findLast(source: ScanSource, before: number, matcher: LineMatcher): number | null {
  if (source.stream !== null) return lastIn(source, source.from, before, matcher)
  for (let to = Math.min(before, source.size); to > source.from; to -= backwardStepBytes) {
    const found = lastIn(source, Math.max(source.from, to - backwardStepBytes), to, matcher)
    if (found !== null) return found
  }
  return null
}

/** The last match before `to` in the lines that start at or after `start`. */
function lastIn(source: ScanSource, start: number, to: number, matcher: LineMatcher): number | null {
  // The byte before shows whether a line starts there.
  const from = start === source.from ? start : start - 1
  const isCut = from < start
  const range = isCut ? { ...source, journalFrom: from, from } : source
  let found: number | null = null
  forEachBlock(range, (bytes, offset) => {
    if (offset >= to) return false
    const first = isCut && offset === from ? bytes.indexOf(lineFeed) + 1 || bytes.length : 0
    const lines = bytes.subarray(first)
    matcher.forEachLine(lines, (lineStart, end) => {
      const at = offset + first + lineStart + matcher.find(lines.subarray(lineStart, end))
      if (at < to) found = at
      return at < to
    })
    return true
  })
  return found
}

type Post = Parameters<typeof scan>[1]

function count(
  { source, timeoutMs }: ScanRequest,
  { limit, buckets: parts }: { limit: number; buckets: number },
  matcher: LineMatcher,
  post: Post,
): void {
  const buckets = new Array<number>(parts).fill(0)
  let hits: number[] = []
  let lines = 0
  let hitCount = 0
  let searched = source.from
  const startedAt = performance.now()
  let reportedAt = startedAt
  let isLate = false
  const report = () => {
    if (hits.length > 0) post({ type: 'hits', offsets: hits })
    hits = []
    post({ type: 'progress', lines, searched })
    reportedAt = performance.now()
  }
  forEachBlock(source, (bytes, offset) => {
    matcher.forEachLine(bytes, (start, end) => {
      lines += 1
      const bucket = Math.min(parts - 1, Math.floor(((offset + start) / source.size) * parts))
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
      if (hitCount < limit) {
        hits.push(offset + start + Math.max(0, matcher.find(bytes.subarray(start, end))))
        hitCount += 1
      }
      return true
    })
    searched = offset + bytes.length
    if (hits.length >= hitsPerMessage || performance.now() - reportedAt >= progressIntervalMs) report()
    isLate = performance.now() - startedAt >= timeoutMs
    return !isLate
  })
  report()
  post({ type: 'end', lines, searched, buckets, found: null, complete: !isLate })
}

function sendLines(
  { source, taken }: ScanRequest,
  { limit, context }: { limit: number; context: number },
  matcher: LineMatcher,
  post: Post,
): void {
  const sender = new LineSender(post, new Int32Array(taken))
  const groups = new ContextLines(context, sender)
  let lines = 0
  forEachBlock(source, (bytes, offset) => {
    const matching = new Set<number>()
    matcher.forEachLine(bytes, (start, end) => {
      lines += 1
      if (context === 0) sender.add(bytes.subarray(start, end + 1), offset + start, true)
      else matching.add(start)
      return lines < limit
    })
    if (context > 0) groups.add(bytes, offset, matching)
    return lines < limit || groups.isOpen
  })
  sender.flush()
  post({ type: 'end', lines, searched: source.size, buckets: [], found: null, complete: true })
}

/** Sends matching lines with the lines around them. */
class ContextLines {
  /** Lines before the next match, as far as they may be its context. */
  private before: { bytes: Buffer; offset: number }[] = []
  private after = 0

  constructor(
    private readonly context: number,
    private readonly sender: LineSender,
  ) {}

  /** Whether lines after the last match are still missing. */
  get isOpen(): boolean {
    return this.after > 0
  }

  /** @param matching where the matching lines start in a block */
  add(bytes: Buffer, offset: number, matching: ReadonlySet<number>): void {
    for (let start = 0; start < bytes.length; ) {
      const feed = bytes.indexOf(lineFeed, start)
      const end = feed === -1 ? bytes.length : feed + 1
      this.addLine(bytes.subarray(start, end), offset + start, matching.has(start))
      start = end
    }
  }

  private addLine(line: Buffer, offset: number, matches: boolean): void {
    if (matches) {
      for (const earlier of this.before) this.sender.add(earlier.bytes, earlier.offset, false)
      this.before = []
      this.sender.add(line, offset, true)
      this.after = this.context
    } else if (this.after > 0) {
      this.sender.add(line, offset, false)
      this.after -= 1
    } else {
      this.before.push({ bytes: Buffer.from(line.subarray(0, maxContextBytes)), offset })
      if (this.before.length > this.context) this.before.shift()
    }
  }
}

/** A longer line of context is cut. */
const maxContextBytes = 64 * 1024

/** Sends lines in batches and waits while the toolbox has not taken the earlier ones. */
class LineSender {
  private parts: Buffer[] = []
  private bytes = 0
  private offsets: number[] = []
  private starts: number[] = []
  private matches: boolean[] = []
  private sent = 0

  constructor(
    private readonly post: Post,
    private readonly taken: Int32Array<SharedArrayBuffer>,
  ) {}

  add(line: Buffer, offset: number, matches: boolean): void {
    this.offsets.push(offset)
    this.starts.push(this.bytes)
    this.matches.push(matches)
    this.parts.push(Buffer.from(line))
    this.bytes += line.length
    if (this.bytes >= messageBytes || this.parts.length >= 4096) this.flush()
  }

  flush(): void {
    if (this.parts.length === 0) return
    const bytes = new Uint8Array(this.bytes)
    let at = 0
    for (const part of this.parts) {
      bytes.set(part, at)
      at += part.length
    }
    const lines: ScannedLines = { bytes, offsets: this.offsets, starts: this.starts, matches: this.matches }
    this.post({ type: 'lines', ...lines }, [bytes.buffer])
    this.sent += 1
    this.parts = []
    this.bytes = 0
    this.offsets = []
    this.starts = []
    this.matches = []
    for (;;) {
      const taken = Atomics.load(this.taken, 0)
      if (this.sent - taken < maxWaitingMessages) return
      Atomics.wait(this.taken, 0, taken)
    }
  }
}

/** Visit the bytes in blocks of whole lines; the last line may lack its line feed. */
function forEachBlock(source: ScanRequest['source'], visit: VisitBlock): void {
  const reader = new OwnBytes(source)
  let buffer = Buffer.allocUnsafeSlow(blockBytes)
  let length = 0
  let offset = source.from
  for (;;) {
    const got = reader.read(buffer, length)
    length += got
    if (got === 0) break
    const end = length === 0 ? 0 : buffer.lastIndexOf(lineFeed, length - 1) + 1
    if (end === 0 && buffer.length < maxLineBytes) {
      if (length < buffer.length) continue
      const longer = Buffer.allocUnsafeSlow(buffer.length * 2)
      buffer.copy(longer, 0, 0, length)
      buffer = longer
      continue
    }
    const whole = end === 0 ? length : end
    if (!visit(buffer.subarray(0, whole), offset)) return
    buffer.copyWithin(0, whole, length)
    offset += whole
    length -= whole
  }
  if (length > 0) visit(buffer.subarray(0, length), offset)
}
