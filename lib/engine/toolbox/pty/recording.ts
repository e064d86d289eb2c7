/** One asciicast v2 recording of a PTY: output and sizes with their times, never keystrokes. */
import { closeSync, ftruncateSync, writeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { StateFile } from '../../state/files'
import { type OutputCode, OutputCoder } from '../../state/output-codes'
import { diskFailure } from '../journal/journal'

export interface RecordingStart {
  file: StateFile
  cols: number
  rows: number
  title: string
  env: Record<string, string>
  /** Largest size of the file, in bytes. */
  maxBytes: number
}

export class Recording {
  private readonly decoder = new StringDecoder('utf8')
  private readonly startedAt = performance.now()
  private descriptor: number | null
  private readonly coder: OutputCoder | null
  private written = 0
  /** Why the recording is incomplete, as a sentence; null while it is complete. */
  incompleteReason: string | null = null
  /** Called once, when the recording cannot be continued. */
  onIncomplete: () => void = () => {}

  /** Throws where the file cannot be created or written. */
  constructor(private readonly start: RecordingStart) {
    const { codes } = start.file.folder
    this.coder = codes && new OutputCoder(codes.outputKey)
    this.descriptor = start.file.create()
    const { cols: width, rows: height, title, env } = start
    try {
      this.write({ version: 2, width, height, timestamp: Math.floor(Date.now() / 1000), title, env })
    } catch (error) {
      closeSync(this.descriptor)
      throw error
    }
  }

  get bytes(): number {
    return this.written
  }

  /** The authentication codes of the file's content; null without a key. */
  codes(): OutputCode[] | null {
    return this.coder?.finish() ?? null
  }

  output(bytes: Uint8Array): void {
    this.event('o', this.decoder.write(bytes))
  }

  /** Text that draws the screen as it was when the recording started. */
  screen(text: string): void {
    this.event('o', text)
  }

  resized(cols: number, rows: number): void {
    this.event('r', `${cols}x${rows}`)
  }

  stop(): void {
    this.event('o', this.decoder.end())
    if (this.descriptor !== null) closeSync(this.descriptor)
    this.descriptor = null
  }

  private event(code: 'o' | 'r', text: string): void {
    if (text === '') return
    const seconds = Math.round((performance.now() - this.startedAt) * 1000) / 1_000_000
    this.line([seconds, code, text])
  }

  private line(value: unknown): void {
    if (this.descriptor === null || this.incompleteReason !== null) return
    try {
      this.write(value)
    } catch (error) {
      this.incompleteReason =
        error instanceof RecordingFull ? error.message : `${diskFailure(error)}; later output is missing`
      this.onIncomplete()
    }
  }

  /** Writes the whole line or nothing: an incomplete line would make the file unreadable. */
  private write(value: unknown): void {
    const { descriptor } = this
    if (descriptor === null) return
    const line = Buffer.from(`${JSON.stringify(value)}\n`)
    const { maxBytes } = this.start
    if (this.written + line.length > maxBytes) {
      throw new RecordingFull(`the recording reached its limit of ${maxBytes} bytes; later output is missing`)
    }
    try {
      for (let at = 0; at < line.length; ) at += writeSync(descriptor, line, at)
      this.written += line.length
      this.coder?.add(line)
    } catch (error) {
      try {
        ftruncateSync(descriptor, this.written)
      } catch {
        // A failing disk may refuse this too.
      }
      throw error
    }
  }
}

class RecordingFull extends Error {}
