/** Converts output bytes to the text frames of the execute socket. */
import { StringDecoder } from 'node:string_decoder'
import type { JournalStream } from '@/lib/process-api/extensions'
import type { InterpreterFrame } from '@/lib/process-api/interpreter'

/**
 * `print(1)` writes its text and its newline separately. An unfinished line waits this long for the rest, so that both
 * arrive in one frame also on a busy machine. For a prompt the delay is not noticeable.
 */
const lineCompletionMs = 15
/** A longer unfinished line is sent at once. */
const maxUnfinishedLine = 1024
const maxFrameLength = 64 * 1024
/** The interval between frames of a flood: with one frame for each small chunk there would be twenty times the bytes. */
const frameIntervalMs = 4

export function frame(part: Partial<InterpreterFrame> & Pick<InterpreterFrame, 'type'>): InterpreterFrame {
  return { text: '', name: '', value: '', traceback: '', ...part }
}

/** Batches text into frames. The order between the streams is kept. */
export class FrameBatcher {
  private readonly decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  private stream: JournalStream = 'stdout'
  private text = ''
  /** Active while an unfinished line waits for the rest. */
  private lineTimer: NodeJS.Timeout | null = null
  /** Active after each frame; text that arrives in the meantime goes into the next one. */
  private intervalTimer: NodeJS.Timeout | null = null

  constructor(private readonly send: (frame: InterpreterFrame) => void) {}

  add(stream: JournalStream, bytes: Uint8Array): void {
    this.append(stream, this.decoders[stream].write(bytes))
  }

  /** Send the buffered text, before another message. An incomplete character stays buffered. */
  flush(): void {
    this.sendUpTo(this.text.length)
  }

  /** Send everything. An incomplete character becomes a replacement character. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) this.append(stream, this.decoders[stream].end())
    this.flush()
    if (this.intervalTimer) clearTimeout(this.intervalTimer)
  }

  private append(stream: JournalStream, text: string): void {
    if (text === '') return
    if (stream !== this.stream) this.flush()
    this.stream = stream
    this.text += text
    if (!this.intervalTimer || this.text.length >= maxFrameLength) this.release()
  }

  /** Send whole lines at once; the rest when it is long, or after a moment. */
  private release(): void {
    const lines = this.text.lastIndexOf('\n') + 1
    this.sendUpTo(this.text.length - lines > maxUnfinishedLine ? this.text.length : lines)
    if (this.text !== '') this.lineTimer ??= setTimeout(() => this.flush(), lineCompletionMs)
  }

  private sendUpTo(end: number): void {
    if (end === 0) return
    const { text } = this
    this.text = text.slice(end)
    if (this.lineTimer) clearTimeout(this.lineTimer)
    this.lineTimer = null
    for (let at = 0; at < end; at += maxFrameLength) {
      this.send(frame({ type: this.stream, text: text.slice(at, Math.min(at + maxFrameLength, end)) }))
    }
    this.intervalTimer ??= setTimeout(() => {
      this.intervalTimer = null
      this.release()
    }, frameIntervalMs)
  }
}
