/** `…/journal/follow`: streams a journal over a WebSocket, from a byte offset on, with backpressure. */
import type { WebSocket } from 'ws'
import { closeSignal } from '@/lib/edge/close-signal'
import { log } from '@/lib/log/log'
import type { FollowMessage, JournalStream } from '@/lib/process-api/extensions'
import { encodeJournalHeader, journalFrameHeader } from '@/lib/process-api/journal-frame'
import { keepAlive } from '../../http/keep-alive'
import type { JournalChunk } from '../journal/journal-chunk'
import { streamSize, toJournalOffset } from '../journal/stream-offset'
import type { ExecutionRecord } from './record'

/** Bytes buffered in the socket before waiting for the reader. */
const highWaterMark = 1024 * 1024

/**
 * Send existing output from `from` on, then new output. The `end` message follows the execution's last byte. Output of
 * surviving processes may come after it; the socket is closed with 1000 when the journal is sealed.
 */
export async function followOverSocket(
  socket: WebSocket,
  record: ExecutionRecord<unknown>,
  options: {
    from: number
    stream?: JournalStream | undefined
    /** Offsets and sizes count only this stream. */
    streamOnly?: JournalStream | undefined
  },
): Promise<void> {
  const { journal } = record
  const signal = closeSignal(socket)
  keepAlive(socket)
  const sendMessage = (message: FollowMessage) => socket.send(JSON.stringify(message))
  const { streamOnly } = options
  const size = () => (streamOnly ? streamSize(journal, streamOnly) : journal.size)
  let sentUntil = Math.min(options.from, size())
  let position = streamOnly ? await toJournalOffset(journal, streamOnly, sentUntil) : sentUntil
  const sendUntil = async (until: Promise<void>) => {
    const chunks = journal.follow({ from: position, stream: options.stream, signal, until })
    for await (const chunk of chunks) {
      await sendChunk(socket, streamOnly ? { ...chunk, offset: sentUntil } : chunk)
      position = chunk.offset + chunk.data.length
      sentUntil += chunk.data.length
    }
  }
  try {
    sendMessage({ type: 'opened', from: sentUntil, size: size() })
    await sendUntil(record.ended)
    if (signal.aborted) return
    sendMessage({ type: 'end', size: size(), execution: record.snapshot() })
    await sendUntil(journal.sealed)
    socket.close(1000)
  } catch (error) {
    log.error({ err: error }, `the journal of ${record.id} could not be read`)
    sendMessage({ type: 'error', code: 'INTERNAL_SERVER_ERROR', message: 'the journal could not be read' })
    socket.close(1011)
  }
}

async function sendChunk(socket: WebSocket, chunk: JournalChunk): Promise<void> {
  const header = encodeJournalHeader({ ...chunk, channel: 0 })
  const frame = Buffer.allocUnsafe(journalFrameHeader + chunk.data.length)
  frame.set(header, 0)
  frame.set(chunk.data, journalFrameHeader)
  if (socket.bufferedAmount < highWaterMark) {
    socket.send(frame)
    return
  }
  await new Promise<void>((resolve) => {
    socket.send(frame, () => resolve())
  })
}
