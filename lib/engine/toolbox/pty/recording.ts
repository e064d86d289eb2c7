/** One asciicast v2 recording of a PTY: output and sizes with their times. Keystrokes are never given to it. */
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
  /** Longest file in bytes. */
  limit: number
}

export class Recording {
  private readonly decoder = new StringDecoder('utf8')
  private readonly began = performance.now()
  private descriptor: number | null
  private readonly coder: OutputCoder | null
  private written = 0
  /** Why the recording is not complete, one plain sentence. */
  problem: string | null = null
  /** Called once, when it cannot go on. */
  onProblem: () => void = () => {}

  /** Throws where the file cannot be made or written. */
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

  /** Codes for what is in the file now; null where there is no key. */
  codes(): OutputCode[] | null {
    return this.coder?.finish() ?? null
  }

  output(bytes: Uint8Array): void {
    this.event('o', this.decoder.write(bytes))
  }

  /** Text that brings a player to the screen on which the recording began. */
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

  private event(code: 'o' | 'r' | 'm', text: string): void {
    if (text === '') return
    const seconds = Math.round((performance.now() - this.began) * 1000) / 1_000_000
    this.line([seconds, code, text])
  }

  private line(value: unknown): void {
    if (this.descriptor === null || this.problem !== null) return
    try {
      this.write(value)
    } catch (error) {
      this.problem = error instanceof TooLong ? error.message : `${diskFailure(error)}; the rest is missing`
      this.onProblem()
    }
  }

  /** Whole or not at all: a line in part would make the whole file unreadable. */
  private write(value: unknown): void {
    const { descriptor } = this
    if (descriptor === null) return
    const line = Buffer.from(`${JSON.stringify(value)}\n`)
    const { limit } = this.start
    if (this.written + line.length > limit) {
      throw new TooLong(`the recording is at its limit of ${limit} bytes; what came later is missing`)
    }
    try {
      for (let at = 0; at < line.length; ) at += writeSync(descriptor, line, at)
      this.written += line.length
      this.coder?.add(line)
    } catch (error) {
      try {
        ftruncateSync(descriptor, this.written)
      } catch {
        // A disk that takes nothing may not even let go of what it has.
      }
      throw error
    }
  }
}

class TooLong extends Error {}
