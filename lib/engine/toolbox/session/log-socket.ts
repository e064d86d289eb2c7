/** Logs over a WebSocket (2.3): binary frames from byte 0 on, closed with 1000 right after the last byte. */
import type { WebSocket } from 'ws'
import { closeSignal } from '@/lib/edge/close-signal'
import { log } from '@/lib/log/log'
import { keepAlive } from '../../http/keep-alive'
import type { JournalChunk } from '../journal/journal-chunk'
import { LogMarkerWriter } from './log-marker-writer'
import type { Session } from './session'
import type { CommandRecord } from './session-record'

/** Bytes that may wait in the socket; a client that is slower is waited for, and its pings are answered behind them. */
const highWater = 512 * 1024

export interface LogSocketOptions {
  /** `combined`: bytes alone. Else each frame begins with a stream marker. */
  form: 'combined' | 'marked'
  /** Go on until the command has ended; else what is there now. */
  follow: boolean
}

/** Send the log of a command and close. Never rejects. */
export async function sendLog(
  socket: WebSocket,
  session: Session,
  record: CommandRecord,
  { form, follow }: LogSocketOptions,
): Promise<void> {
  const { journal } = record
  const signal = closeSignal(socket)
  keepAlive(socket)
  const segments = follow
    ? journal.follow({ from: 0, signal, until: record.ended })
    : journal.read({ to: journal.size })
  let written: Promise<void> = Promise.resolve()
  try {
    for await (const frame of framesOf(segments, form)) {
      if (signal.aborted) return
      written = send(socket, frame)
      if (socket.bufferedAmount > highWater) await written
    }
    // Closing starts a clock, which must not run out on a slow client that still has output to read.
    await written
    socket.close(1000)
  } catch (error) {
    // The files of a deleted session go while somebody reads them.
    if (!session.isDeleted) log.error({ err: error }, `the log of ${record.id} could not be read`)
    socket.close(session.isDeleted ? 1000 : 1011)
  }
}

async function* framesOf(
  segments: AsyncIterable<JournalChunk>,
  form: LogSocketOptions['form'],
): AsyncGenerator<Uint8Array> {
  if (form === 'combined') {
    for await (const segment of segments) yield segment.data
    return
  }
  const writer = new LogMarkerWriter()
  for await (const { stream, data } of segments) yield* writer.write(stream, data)
  yield* writer.end()
}

/** Resolves when the frame has left the process, or the client has. */
function send(socket: WebSocket, frame: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    socket.send(frame, { binary: true }, () => resolve())
  })
}
