/**
 * The protocol's log format, written: `01 01 01` before bytes of stdout, `02 02 02` before bytes of stderr.
 *
 * Readers take every such triple for a marker. One that occurs in the output is therefore cut in two by markers that
 * change nothing in the end, so that the official demultiplexers return exactly the bytes that the process wrote. They
 * also keep up to two bytes at the end of a frame that may begin a marker, and then take a marker for payload that these
 * two reach into; so a frame ends in another byte where it can, and what comes after that byte waits for more.
 */
import type { JournalStream } from '@/lib/process-api/extensions'

const markerByte: Record<JournalStream, 1 | 2> = { stdout: 1, stderr: 2 }
const markers: Record<1 | 2, Buffer> = { 1: Buffer.from([1, 1, 1]), 2: Buffer.from([2, 2, 2]) }

/** Frames are cut near this. Clients fail above 120,000 bytes. */
const longFrame = 64 * 1024
/** Clients take time by frame size times markers, so output full of triples goes out in small frames… */
const manyMarkers = 8
/** …that end in an ordinary byte, unless none comes for so many. */
const tooManyMarkers = 64

interface Piece {
  stream: JournalStream
  bytes: Uint8Array
}

export class LogMarkerWriter {
  /** Bytes 1 and 2 that wait for another byte. */
  private held: Piece[] = []
  private heldBytes = 0
  /** Whose payload was given out last, and its last byte. */
  private stream: JournalStream | null = null
  private lastByte = 0

  /** Frames for the next output, at most 64 KiB of it at a time. */
  write(stream: JournalStream, bytes: Uint8Array): Uint8Array[] {
    const end = endOfOrdinary(bytes)
    if (end === 0 && this.heldBytes + bytes.length < longFrame) {
      this.hold(stream, bytes)
      return []
    }
    if (end > 0 && this.held.length === 0 && !isMarkerByte(this.lastByte) && !hasTriple(bytes.subarray(0, end))) {
      this.stream = stream
      this.lastByte = bytes[end - 1] ?? 0
      this.hold(stream, bytes.subarray(end))
      return [Buffer.concat([markers[markerByte[stream]], bytes.subarray(0, end)])]
    }
    this.hold(stream, end > 0 ? bytes.subarray(0, end) : bytes)
    const frames = this.encode(this.takeHeld())
    if (end > 0) this.hold(stream, bytes.subarray(end))
    return frames
  }

  /** The end of the log: frames for what was held back. */
  end(): Uint8Array[] {
    const pieces = this.takeHeld()
    const [only] = pieces
    if (!only) return []
    // Without a marker it belongs to the stream that readers know, and a marker so close to the end would be misread.
    const ordinaryBefore = this.lastByte !== 1 && this.lastByte !== 2
    if (pieces.length === 1 && only.stream === this.stream && ordinaryBefore && !hasTriple(only.bytes))
      return [only.bytes]
    return this.encode(pieces)
  }

  private hold(stream: JournalStream, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const last = this.held.at(-1)
    if (last?.stream === stream) last.bytes = Buffer.concat([last.bytes, bytes])
    else this.held.push({ stream, bytes: bytes.slice() })
    this.heldBytes += bytes.length
  }

  private takeHeld(): Piece[] {
    const pieces = this.held
    this.held = []
    this.heldBytes = 0
    return pieces
  }

  /** Byte by byte, for output in which triples occur or may arise. */
  private encode(pieces: readonly Piece[]): Uint8Array[] {
    const frames: Uint8Array[] = []
    let frame: number[] = []
    let inFrame = 0
    let sinceMarker = 0
    const mark = (stream: JournalStream) => {
      const own = markerByte[stream]
      // A marker after its own byte would be seen one byte too early: another one keeps them apart.
      for (const byte of own === this.lastByte ? [3 - own, own] : [own]) {
        frame.push(byte, byte, byte)
        inFrame += 1
      }
      this.stream = stream
      this.lastByte = 0
      sinceMarker = 0
    }
    const cut = () => {
      frames.push(Uint8Array.from(frame))
      frame = []
      inFrame = 0
    }
    for (const { stream, bytes } of pieces) {
      for (let at = 0; at < bytes.length; ) {
        const byte = bytes[at] ?? 0
        const run = isMarkerByte(byte) ? runLength(bytes, at) : 1
        // In groups of two, the odd one first: no group at the end of a frame is too short to be read.
        let group = run < 3 ? run : 2 - (run % 2)
        for (let left = run; left > 0; group = 2) {
          const broken = left < run
          if (frame.length === 0 || broken || this.stream !== stream) mark(stream)
          for (let i = 0; i < group; i += 1) frame.push(byte)
          this.lastByte = byte
          sinceMarker += group
          left -= group
          const mayEnd = !isMarkerByte(byte) || (sinceMarker >= 2 && inFrame >= tooManyMarkers)
          if (mayEnd && (frame.length >= longFrame || inFrame >= manyMarkers)) cut()
        }
        at += run
      }
    }
    if (frame.length > 0) cut()
    return frames
  }
}

function isMarkerByte(byte: number): boolean {
  return byte === 1 || byte === 2
}

/** Index after the last byte that cannot belong to a marker. */
function endOfOrdinary(bytes: Uint8Array): number {
  let end = bytes.length
  while (end > 0 && isMarkerByte(bytes[end - 1] ?? 0)) end -= 1
  return end
}

function hasTriple(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.includes(markers[1]) || buffer.includes(markers[2])
}

function runLength(bytes: Uint8Array, from: number): number {
  let end = from + 1
  while (end < bytes.length && bytes[end] === bytes[from]) end += 1
  return end - from
}
