/**
 * Converts the bytes of both streams to the input of the log's terminal: text, safe colours, links, and moves within
 * the progress block. Output cannot clear the view, nor cover or reorder earlier output. Invisible characters are shown
 * by their number. The journal, downloads and search results are exact.
 */
import type { JournalStream } from '@/lib/process-api/extensions'
import { OutputTokens, type TokenSink } from './output-tokens'
import { ProgressFold } from './progress-fold'

const endLink = '\x1b]8;;\x1b\\'

export class LogFilter {
  private readonly fold = new ProgressFold()
  private readonly tokens: Record<JournalStream, OutputTokens>
  private decoders = newDecoders()
  private isInverse = false
  private isInLink = false
  private isRaw = false

  constructor() {
    const sink: TokenSink = {
      text: (text) => this.text(text),
      hidden: (notation) => this.add(this.isInverse ? `\x1b[27m${notation}\x1b[7m` : `\x1b[7m${notation}\x1b[27m`),
      carriageReturn: () => this.fold.carriageReturn(),
      rendition: ({ params, inverse }) => {
        this.isInverse = inverse ?? this.isInverse
        this.add(`\x1b[${params}m`)
      },
      edit: (sequence) => this.add(sequence),
      move: (sequence) => this.fold.move(sequence),
      link: (url) => this.link(url),
    }
    this.tokens = { stdout: new OutputTokens(sink), stderr: new OutputTokens(sink) }
  }

  /** The terminal input for these bytes. An incomplete sequence at the end waits for the next bytes. */
  next(stream: JournalStream, bytes: Uint8Array): string {
    this.tokens[stream].next(this.decoders[stream].decode(bytes, { stream: true }), this.isRaw)
    return this.fold.take()
  }

  /** The log has ended for now: show incomplete sequences, and draw a progress line completely. */
  end(): string {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.tokens[stream].next(this.decoders[stream].decode(), this.isRaw)
      this.tokens[stream].end()
    }
    this.fold.end()
    return this.fold.take()
  }

  /** Start again, for a terminal that was reset. @param raw show control characters instead of interpreting them */
  reset(raw: boolean): void {
    this.fold.reset()
    for (const tokens of Object.values(this.tokens)) tokens.reset()
    this.decoders = newDecoders()
    this.isInverse = false
    this.isInLink = false
    this.isRaw = raw
  }

  private add(text: string): void {
    this.fold.add(text)
  }

  private text(text: string): void {
    if (this.fold.idle && !this.isInLink) {
      this.add(text)
      return
    }
    let from = 0
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      if (at > from) this.add(text.slice(from, at))
      // A link ends with its line.
      if (this.isInLink) this.link(null)
      this.fold.lineFeed()
      from = at + 1
      if (this.fold.idle && !this.isInLink) break
    }
    if (from < text.length) this.add(text.slice(from))
  }

  private link(url: string | null): void {
    if (url === null && !this.isInLink) return
    this.isInLink = url !== null
    this.add(url === null ? endLink : `\x1b]8;;${url}\x1b\\`)
  }
}

function newDecoders(): Record<JournalStream, TextDecoder> {
  // A byte order mark is shown like other invisible characters.
  return {
    stdout: new TextDecoder('utf-8', { ignoreBOM: true }),
    stderr: new TextDecoder('utf-8', { ignoreBOM: true }),
  }
}
