/**
 * Binary frame of journal bytes, used by `…/journal/follow` (channel 0) and by the console's live socket, which only
 * rewrites the channel. Little-endian:
 *
 *   0  u8   version (1)
 *   1  u8   stream (1 stdout, 2 stderr)
 *   2  u16  0
 *   4  u32  channel
 *   8  f64  absolute byte offset of the payload in the journal (exact up to 2^53)
 *   16 f64  wall time of the chunk, ms since epoch; NaN where the target gives none
 *   24 …    payload
 */
import type { JournalStream } from './extensions'

export const journalFrameHeader = 24
const version = 1

/** Bytes of one stream of a journal. */
export interface JournalChunk {
  stream: JournalStream
  /** Absolute offset of `data` in the journal. */
  offset: number
  /** ms since epoch; null where unknown. */
  wallMs: number | null
  data: Uint8Array
}

export interface JournalFrame extends JournalChunk {
  channel: number
}

/** Write a header; the payload follows it in the same frame. Returns 24 bytes. */
export function encodeJournalHeader(frame: Omit<JournalFrame, 'data'>): Uint8Array {
  const header = new Uint8Array(journalFrameHeader)
  const view = new DataView(header.buffer)
  view.setUint8(0, version)
  view.setUint8(1, frame.stream === 'stdout' ? 1 : 2)
  view.setUint32(4, frame.channel, true)
  view.setFloat64(8, frame.offset, true)
  view.setFloat64(16, frame.wallMs ?? Number.NaN, true)
  return header
}

/** Read a frame without copying its payload. Throws a RangeError for anything that is not one. */
export function decodeJournalFrame(bytes: Uint8Array): JournalFrame {
  if (bytes.byteLength < journalFrameHeader || bytes[0] !== version) throw new RangeError('not a journal frame')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wallMs = view.getFloat64(16, true)
  return {
    stream: view.getUint8(1) === 2 ? 'stderr' : 'stdout',
    channel: view.getUint32(4, true),
    offset: view.getFloat64(8, true),
    wallMs: Number.isNaN(wallMs) ? null : wallMs,
    data: bytes.subarray(journalFrameHeader),
  }
}

/** Put another channel into a frame, in place. */
export function setFrameChannel(bytes: Uint8Array, channel: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setUint32(4, channel, true)
}
