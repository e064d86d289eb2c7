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

export function frame(part: Partial<InterpreterFrame> & Pick<InterpreterFrame, 'type'>): InterpreterFrame {
  return { text: '', name: '', value: '', traceback: '', ...part }
}

/** Gathers text of one stream until it is worth a frame. Order between the streams is kept. */
export class FrameGatherer {
  private readonly decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  private stream: JournalStream = 'stdout'
  private text = ''
  private timer: NodeJS.Timeout | null = null

  constructor(private readonly send: (frame: InterpreterFrame) => void) {}

  add(stream: JournalStream, bytes: Uint8Array): void {
    this.append(stream, this.decoders[stream].write(bytes))
  }

  /** Send what is waiting: something else is about to be sent. Half a character stays. */
  flush(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    const { text } = this
    this.text = ''
    for (let at = 0; at < text.length; at += longestText) {
      this.send(frame({ type: this.stream, text: text.slice(at, at + longestText) }))
    }
  }

  /** Nothing more comes: half a character will never be whole. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) this.append(stream, this.decoders[stream].end())
    this.flush()
  }

  private append(stream: JournalStream, text: string): void {
    if (text === '') return
    if (stream !== this.stream) this.flush()
    this.stream = stream
    this.text += text
    const newline = this.text.lastIndexOf('\n')
    if (newline === this.text.length - 1 || this.text.length - newline > longLine) {
      this.flush()
      return
    }
    if (newline >= 0) {
      const rest = this.text.slice(newline + 1)
      this.text = this.text.slice(0, newline + 1)
      this.flush()
      this.text = rest
    }
    this.timer ??= setTimeout(() => this.flush(), unfinishedLineMs)
  }
}
