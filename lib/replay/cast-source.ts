/**
 * An asciicast file as the source of a replay. The file is read in parts, once to learn its length and its marks, and
 * again as it is played, so that memory does not grow with it.
 */
import { CastError, type CastHeader, parseCastEvent, parseCastHeader, upgradeCast1 } from './cast-format'
import type { Grid, ReplayCursor, ReplayEvent, ReplayMark, ReplaySource } from './replay-event'

const blockBytes = 256 * 1024
/** Larger files are refused: each seek backward reads from the start. */
export const maxCastBytes = 512 * 1024 * 1024
const maxLineBytes = 16 * 1024 * 1024
/** Version 1 is one document, which is read whole. */
const maxVersion1Bytes = 16 * 1024 * 1024
const maxMarks = 500

/** Reads a part of a file: a `File`, or a file behind a URL that supports ranges. */
export interface ByteReader {
  readonly size: number
  read(from: number, to: number, signal: AbortSignal): Promise<Uint8Array>
}

interface Line {
  text: string
  number: number
}

export class CastSource implements ReplaySource {
  private constructor(
    readonly header: CastHeader,
    readonly durationMs: number,
    readonly marks: readonly ReplayMark[],
    /** Why the end of the file cannot be played; null where all of it can. */
    readonly problem: CastError | null,
    private readonly reader: ByteReader,
  ) {}

  /**
   * Read a file for the first time. Throws a `CastError` where nothing can be played.
   * @param isGrowing the recording is in progress: an incomplete last line is not an error
   */
  static async open(reader: ByteReader, signal: AbortSignal, isGrowing = false): Promise<CastSource> {
    if (reader.size > maxCastBytes) {
      throw new CastError(1, `the file has ${reader.size} bytes; files up to ${maxCastBytes} bytes can be replayed.`)
    }
    const checked = (await isVersion1(reader, signal)) ? await upgraded(reader, signal) : reader
    const lines = readLines(checked, signal, isGrowing)
    const first = await lines.next()
    if (first.done) throw new CastError(1, 'the file is empty.')
    const header = parseCastHeader(first.value.text, first.value.number)
    const marks: ReplayMark[] = []
    let ms = 0
    let problem: CastError | null = null
    try {
      for await (const line of lines) {
        const parsed = parseCastEvent(line.text, line.number, versionOf(header), ms)
        ms = parsed.ms
        const { event } = parsed
        if (event?.kind === 'marker' && marks.length < maxMarks) {
          marks.push({ kind: 'marker', fromMs: ms, toMs: ms, label: event.label || 'Marker' })
        }
      }
    } catch (error) {
      if (!(error instanceof CastError)) throw error
      problem = error
    }
    return new CastSource(header, ms, marks, problem, checked)
  }

  open(): ReplayCursor {
    return new CastCursor(this.header, this.reader, this.problem?.line ?? Number.POSITIVE_INFINITY)
  }
}

class CastCursor implements ReplayCursor {
  readonly skippedBytes = 0
  private lines: AsyncGenerator<Line> | null = null
  private ms = 0

  /** @param endLine the first line that is not played */
  constructor(
    private readonly header: CastHeader,
    private readonly reader: ByteReader,
    private readonly endLine: number,
  ) {}

  get grid(): Grid {
    return this.header.grid
  }

  /** The screen at a time depends on everything before it. */
  isNear(): boolean {
    return true
  }

  async next(signal: AbortSignal): Promise<readonly ReplayEvent[]> {
    if (!this.lines) {
      this.lines = readLines(this.reader, signal, true)
      await this.lines.next()
    }
    const batch: ReplayEvent[] = []
    let length = 0
    while (length < blockBytes) {
      const line = await this.lines.next()
      if (line.done || line.value.number >= this.endLine) break
      const { ms, event } = parseCastEvent(line.value.text, line.value.number, versionOf(this.header), this.ms)
      this.ms = ms
      length += line.value.text.length
      if (event) batch.push(event)
    }
    return batch
  }
}

/** A `ByteReader` of a file of this computer. */
export function blobReader(blob: Blob): ByteReader {
  return {
    size: blob.size,
    read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
  }
}

async function* readLines(reader: ByteReader, signal: AbortSignal, isGrowing: boolean): AsyncGenerator<Line> {
  let rest: Uint8Array<ArrayBufferLike> = new Uint8Array()
  let number = 0
  for (let at = 0; at < reader.size; ) {
    const block = await reader.read(at, Math.min(at + blockBytes, reader.size), signal)
    if (block.byteLength === 0) break
    at += block.byteLength
    const bytes = joined(rest, block)
    let start = 0
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      number += 1
      yield { text: decode(bytes.subarray(start, end), number), number }
      start = end + 1
    }
    rest = bytes.subarray(start)
    if (rest.byteLength > maxLineBytes) {
      throw new CastError(number + 1, `the line is longer than ${maxLineBytes} bytes.`)
    }
  }
  if (rest.byteLength === 0) return
  number += 1
  const text = decode(rest, number)
  // A file without a newline at its end is whole if its last line is.
  if (isJson(text) || text.startsWith('#')) yield { text, number }
  else if (number === 1) throw new CastError(1, 'this is not an asciicast file: the line is not JSON.')
  else if (!isGrowing) throw new CastError(number, 'the file ends in the middle of a line.')
}

function decode(bytes: Uint8Array, line: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new CastError(line, 'not valid UTF-8.')
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.byteLength === 0) return b
  const both = new Uint8Array(a.byteLength + b.byteLength)
  both.set(a)
  both.set(b, a.byteLength)
  return both
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function versionOf({ version }: CastHeader): 2 | 3 {
  return version === 3 ? 3 : 2
}

/** A document of version 1 can be spread over lines; the others have their whole header on the first one. */
async function isVersion1(reader: ByteReader, signal: AbortSignal): Promise<boolean> {
  if (reader.size > maxVersion1Bytes) return false
  const start = new TextDecoder().decode(await reader.read(0, Math.min(reader.size, 4096), signal))
  const firstLine = start.slice(0, start.indexOf('\n') === -1 ? undefined : start.indexOf('\n'))
  return (
    start.trimStart().startsWith('{') && /"version"\s*:\s*1\b/.test(start) && !/"version"\s*:\s*[23]\b/.test(firstLine)
  )
}

async function upgraded(reader: ByteReader, signal: AbortSignal): Promise<ByteReader> {
  const parts: Uint8Array[] = []
  for (let at = 0; at < reader.size; at += blockBytes) {
    parts.push(await reader.read(at, Math.min(at + blockBytes, reader.size), signal))
  }
  const lines = upgradeCast1(await new Blob(parts as BlobPart[]).text())
  return blobReader(new Blob([`${lines.join('\n')}\n`]))
}
