/** `…/journal/follow`: a journal over a WebSocket, from a byte offset on, at the speed of its reader. */
import type { WebSocket } from 'ws'
import type { FollowMessage, JournalStream } from '@/lib/process-api/extensions'
import { encodeJournalHeader, journalFrameHeader } from '@/lib/process-api/journal-frame'
import { keepAlive } from '../../http/keep-alive'
import { ownSize, wholeOffset } from '../journal/one-stream'
import type { JournalSegment } from '../journal/segment'
import type { ExecutionRecord } from './record'

/** Bytes that may wait in the socket; a reader that is slower is waited for. */
const highWater = 1024 * 1024

/**
 * Send what is there from `from` on, then what is added. `end` follows the last byte of the execution; what survivors
 * print comes after it, and the socket is closed with 1000 when nobody can write any more.
 */
export async function followOver(
  socket: WebSocket,
  record: ExecutionRecord<unknown>,
  options: {
    from: number
    stream?: JournalStream | undefined
    /** Offsets and sizes are those of this stream alone. */
    own?: JournalStream | undefined
  },
): Promise<void> {
  const { journal } = record
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  keepAlive(socket)
  const say = (message: FollowMessage) => socket.send(JSON.stringify(message))
  const { own } = options
  const size = () => (own ? ownSize(journal, own) : journal.size)
  let told = Math.min(options.from, size())
  let position = own ? await wholeOffset(journal, own, told) : told
  const sendUntil = async (until: Promise<void>) => {
    const pieces = journal.follow({ from: position, stream: options.stream, signal: gone.signal, until })
    for await (const segment of pieces) {
      await sendSegment(socket, own ? { ...segment, offset: told } : segment)
      position = segment.offset + segment.data.length
      told += segment.data.length
    }
  }
  try {
    say({ type: 'opened', from: told, size: size() })
    await sendUntil(record.ended)
    if (gone.signal.aborted) return
    say({ type: 'end', size: size(), execution: record.snapshot() })
    await sendUntil(journal.sealed)
    socket.close(1000)
  } catch (error) {
    console.error(`the journal of ${record.id} could not be read:`, error)
    say({ type: 'error', code: 'INTERNAL_SERVER_ERROR', message: 'the journal could not be read' })
    socket.close(1011)
  }
}

async function sendSegment(socket: WebSocket, segment: JournalSegment): Promise<void> {
  const header = encodeJournalHeader({ ...segment, channel: 0 })
  const frame = Buffer.allocUnsafe(journalFrameHeader + segment.data.length)
  frame.set(header, 0)
  frame.set(segment.data, journalFrameHeader)
  if (socket.bufferedAmount < highWater) {
    socket.send(frame)
    return
  }
  await new Promise<void>((resolve) => {
    socket.send(frame, () => resolve())
  })
}
