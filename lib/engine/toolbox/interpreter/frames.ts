/** Output bytes to the text frames of the execute socket. */
import { StringDecoder } from 'node:string_decoder'
import type { JournalStream } from '@/lib/process-api/extensions'
import type { InterpreterFrame } from '@/lib/process-api/interpreter'

/**
 * `print(1)` writes its text and its newline apart. An unfinished line waits so long for its rest, so that it arrives
 * as one frame also from a busy machine; nobody sees that a prompt is so much later.
 */
const unfinishedLineMs = 15
/** A line as long as this is not waited for. */
const longLine = 1024
const longestText = 64 * 1024
/** Frames of a flood are so far apart: each small piece in a frame of its own would be twenty times as long. */
const frameIntervalMs = 4

export function frame(part: Partial<InterpreterFrame> & Pick<InterpreterFrame, 'type'>): InterpreterFrame {
  return { text: '', name: '', value: '', traceback: '', ...part }
}

/** Gathers text of one stream until it is worth a frame. Order between the streams is kept. */
export class FrameGatherer {
  private readonly decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  private stream: JournalStream = 'stdout'
  private text = ''
  /** Runs while an unfinished line waits for its rest. */
  private unfinished: NodeJS.Timeout | null = null
  /** Runs after each frame; what comes meanwhile is for the next one. */
  private pause: NodeJS.Timeout | null = null

  constructor(private readonly send: (frame: InterpreterFrame) => void) {}

  add(stream: JournalStream, bytes: Uint8Array): void {
    this.append(stream, this.decoders[stream].write(bytes))
  }

  /** Send what is waiting: something else is about to be sent. Half a character stays. */
  flush(): void {
    this.sendUpTo(this.text.length)
  }

  /** Nothing more comes: half a character will never be whole. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) this.append(stream, this.decoders[stream].end())
    this.flush()
    if (this.pause) clearTimeout(this.pause)
  }

  private append(stream: JournalStream, text: string): void {
    if (text === '') return
    if (stream !== this.stream) this.flush()
    this.stream = stream
    this.text += text
    if (!this.pause || this.text.length >= longestText) this.release()
  }

  /** Send whole lines; the rest only where it has become long, or after a moment. */
  private release(): void {
    const lines = this.text.lastIndexOf('\n') + 1
    this.sendUpTo(this.text.length - lines > longLine ? this.text.length : lines)
    if (this.text !== '') this.unfinished ??= setTimeout(() => this.flush(), unfinishedLineMs)
  }

  private sendUpTo(end: number): void {
    if (end === 0) return
    const { text } = this
    this.text = text.slice(end)
    if (this.unfinished) clearTimeout(this.unfinished)
    this.unfinished = null
    for (let at = 0; at < end; at += longestText) {
      this.send(frame({ type: this.stream, text: text.slice(at, Math.min(at + longestText, end)) }))
    }
    this.pause ??= setTimeout(() => {
      this.pause = null
      this.release()
    }, frameIntervalMs)
  }
}
