/** One asciicast v2 recording of a PTY: output and sizes with their times. Keystrokes are never given to it. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

export interface RecordingStart {
  file: string
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
  private written = 0
  /** Why the recording is not complete, one plain sentence. */
  problem: string | null = null

  /** Throws where the file cannot be made. */
  constructor(private readonly start: RecordingStart) {
    this.descriptor = openSync(start.file, 'wx', 0o600)
    const { cols: width, rows: height, title, env } = start
    this.line({ version: 2, width, height, timestamp: Math.floor(Date.now() / 1000), title, env })
  }

  get bytes(): number {
    return this.written
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
    const line = Buffer.from(`${JSON.stringify(value)}\n`)
    if (this.written + line.length > this.start.limit) {
      this.problem = `the recording is at its limit of ${this.start.limit} bytes; what came later is missing`
      return
    }
    try {
      for (let at = 0; at < line.length; ) at += writeSync(this.descriptor, line, at)
      this.written += line.length
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : 'unknown error'
      this.problem = code === 'ENOSPC' ? 'the disk is full; the rest is missing' : `it could not be written (${code})`
      // A line in part would make the whole file unreadable.
      ftruncateSync(this.descriptor, this.written)
    }
  }
}
