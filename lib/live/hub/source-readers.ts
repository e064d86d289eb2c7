/** Readers of a target's log sockets: of the journal extension, and of the protocol's plain log stream. */
import type { ApiError } from '@/lib/process-api/errors'
import { followMessageSchema, type JournalStream } from '@/lib/process-api/extensions'
import { decodeJournalFrame } from '@/lib/process-api/journal-frame'
import { LogMarkerReader } from '@/lib/process-api/log-markers'
import { TargetError } from '@/lib/process-api/problem'
import { ArrivalClock } from './arrival-clock'
import { parseJson } from './parse-json'
import type { SourcePosition } from './source-position'
import type { TargetSocketListener } from './target-socket'

export function connectionLost(): TargetError {
  return new TargetError('TARGET_UNREACHABLE', 'The connection to the target was lost.')
}

export interface JournalHandlers {
  /** The target reported an error; the socket is still open. */
  failed(error: TargetError): void
  /** The socket was closed before the end of the journal. */
  lost(error: ApiError | TargetError): void
}

/** Reads the journal extension: output in binary frames, the state of the stream in text frames. */
export function journalReader(position: SourcePosition, handlers: JournalHandlers): TargetSocketListener {
  let hasEnded = false
  return {
    bytes: (frame) => {
      const { stream, offset, wallMs, data } = decodeJournalFrame(frame)
      position.deliver({ stream, offset, wallMs, data, frame })
    },
    text: (text) => {
      const message = followMessageSchema.safeParse(parseJson(text))
      if (!message.success) return
      if (message.data.type === 'opened') {
        position.opened(message.data.from, message.data.size)
      } else if (message.data.type === 'end') {
        hasEnded = true
        position.ended(message.data.size, message.data.execution)
      } else {
        handlers.failed(new TargetError('TARGET_UNREACHABLE', message.data.message))
      }
    },
    closed: (code, error) => {
      if (!hasEnded || code !== 1000) handlers.lost(error ?? connectionLost())
    },
  }
}

export interface LogHandlers {
  /** The log was read to its end; `size` counts the output without markers. */
  completed(size: number): void
  lost(error: ApiError | TargetError): void
}

/**
 * Reads the protocol's log stream, which always starts at the first byte: what was delivered before is skipped.
 * @param stream deliver only this stream, with its own offsets; null for both
 */
export function logReader(
  position: SourcePosition,
  stream: JournalStream | null,
  handlers: LogHandlers,
): TargetSocketListener {
  const markers = new LogMarkerReader()
  const clock = new ArrivalClock()
  let streamSize = 0
  const deliver = (chunks: ReturnType<LogMarkerReader['push']>) => {
    const wallMs = clock.stamp()
    for (const chunk of chunks) {
      if (stream !== null && chunk.stream !== stream) continue
      position.deliver(stream === null ? { ...chunk, wallMs } : { ...chunk, offset: streamSize, wallMs })
      streamSize += chunk.data.byteLength
    }
  }
  return {
    opened: () => position.opened(position.next, null),
    bytes: (bytes) => deliver(markers.push(bytes)),
    text: (text) => deliver(markers.push(Buffer.from(text))),
    closed: (code, error) => {
      deliver(markers.end())
      if (code === 1000) handlers.completed(stream === null ? markers.size : streamSize)
      else handlers.lost(error ?? connectionLost())
    },
  }
}
