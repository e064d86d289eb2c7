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
const maxFrameBytes = 64 * 1024
/** Clients take time by frame size times markers, so output full of triples goes out in small frames… */
const maxMarkers = 8
/** …that end in an ordinary byte, unless none follows for this many markers. */
const maxMarkersWithoutOrdinaryEnd = 64

interface Payload {
  stream: JournalStream
  bytes: Uint8Array
}

export class LogMarkerWriter {
  /** Bytes 1 and 2 that wait for another byte. */
  private held: Payload[] = []
  private heldBytes = 0
  /** Whose payload was given out last, and its last byte. */
  private stream: JournalStream | null = null
  private lastByte = 0

  /** Frames for the next output, at most 64 KiB of it at a time. */
  write(stream: JournalStream, bytes: Uint8Array): Uint8Array[] {
    const end = endOfOrdinary(bytes)
    if (end === 0 && this.heldBytes + bytes.length < maxFrameBytes) {
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
    const payloads = this.takeHeld()
    const [only] = payloads
    if (!only) return []
    // Without a marker it belongs to the stream that readers know, and a marker so close to the end would be misread.
    const ordinaryBefore = this.lastByte !== 1 && this.lastByte !== 2
    if (payloads.length === 1 && only.stream === this.stream && ordinaryBefore && !hasTriple(only.bytes))
      return [only.bytes]
    return this.encode(payloads)
  }

  private hold(stream: JournalStream, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const last = this.held.at(-1)
    if (last?.stream === stream) last.bytes = Buffer.concat([last.bytes, bytes])
    else this.held.push({ stream, bytes: bytes.slice() })
    this.heldBytes += bytes.length
  }

  private takeHeld(): Payload[] {
    const payloads = this.held
    this.held = []
    this.heldBytes = 0
    return payloads
  }

  /** Byte by byte, for output in which triples occur or may arise. */
  private encode(payloads: readonly Payload[]): Uint8Array[] {
    const encoder = new FrameEncoder(this.stream, this.lastByte)
    for (const { stream, bytes } of payloads) encoder.add(stream, bytes)
    this.stream = encoder.stream
    this.lastByte = encoder.lastByte
    return encoder.finish()
  }
}

class FrameEncoder {
  private readonly frames: Uint8Array[] = []
  private frame: number[] = []
  private markersInFrame = 0
  private bytesSinceMarker = 0

  /**
   * @param stream whose payload readers saw last
   * @param lastByte of that payload
   */
  constructor(
    public stream: JournalStream | null,
    public lastByte: number,
  ) {}

  add(stream: JournalStream, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const byte = bytes[at] ?? 0
      const length = isMarkerByte(byte) ? runLength(bytes, at) : 1
      this.addRun(stream, byte, length)
      at += length
    }
  }

  finish(): Uint8Array[] {
    if (this.frame.length > 0) this.cut()
    return this.frames
  }

  /** Equal bytes, in groups of two, the odd one first: no group at the end of a frame is too short to be read. */
  private addRun(stream: JournalStream, byte: number, length: number): void {
    let group = length < 3 ? length : 2 - (length % 2)
    for (let left = length; left > 0; group = 2) {
      if (this.frame.length === 0 || left < length || this.stream !== stream) this.mark(stream)
      for (let i = 0; i < group; i += 1) this.frame.push(byte)
      this.lastByte = byte
      this.bytesSinceMarker += group
      left -= group
      if (this.mayEndAfter(byte) && this.isLong) this.cut()
    }
  }

  private get isLong(): boolean {
    return this.frame.length >= maxFrameBytes || this.markersInFrame >= maxMarkers
  }

  private mayEndAfter(byte: number): boolean {
    return !isMarkerByte(byte) || (this.bytesSinceMarker >= 2 && this.markersInFrame >= maxMarkersWithoutOrdinaryEnd)
  }

  private mark(stream: JournalStream): void {
    const own = markerByte[stream]
    // A marker after its own byte would be seen one byte too early: another one keeps them apart.
    for (const byte of own === this.lastByte ? [3 - own, own] : [own]) {
      this.frame.push(byte, byte, byte)
      this.markersInFrame += 1
    }
    this.stream = stream
    this.lastByte = 0
    this.bytesSinceMarker = 0
  }

  private cut(): void {
    this.frames.push(Uint8Array.from(this.frame))
    this.frame = []
    this.markersInFrame = 0
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
