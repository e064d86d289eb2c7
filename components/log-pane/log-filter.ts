/**
 * From the bytes of both streams to what the log's terminal is given: text, safe colours, links, and moves within the
 * progress block. A log cannot clear its view, cover what it printed before or put it into another order; what cannot
 * be seen is shown by its number. The journal, downloads and what a search finds stay exact.
 */
import type { JournalStream } from '@/lib/process-api/extensions'
import { OutputTokens, type TokenSink } from './output-tokens'
import { ProgressFold } from './progress-fold'

const endLink = '\x1b]8;;\x1b\\'

export class LogFilter {
  readonly #fold = new ProgressFold()
  readonly #tokens: Record<JournalStream, OutputTokens>
  #decoders = newDecoders()
  /** Whether text is drawn inverse now, by what was handed on. */
  #inverse = false
  #linked = false
  #raw = false

  constructor() {
    const sink: TokenSink = {
      text: (text) => this.#text(text),
      hidden: (notation) => this.#add(this.#inverse ? `\x1b[27m${notation}\x1b[7m` : `\x1b[7m${notation}\x1b[27m`),
      carriageReturn: () => this.#fold.carriageReturn(),
      rendition: ({ params, inverse }) => {
        this.#inverse = inverse ?? this.#inverse
        this.#add(`\x1b[${params}m`)
      },
      edit: (sequence) => this.#add(sequence),
      move: (sequence) => this.#fold.leave(sequence),
      link: (url) => this.#link(url),
    }
    this.#tokens = { stdout: new OutputTokens(sink), stderr: new OutputTokens(sink) }
  }

  /** What to give to the terminal for these bytes; a sequence that they do not finish waits for the next ones. */
  next(stream: JournalStream, bytes: Uint8Array): string {
    this.#tokens[stream].next(this.#decoders[stream].decode(bytes, { stream: true }), this.#raw)
    return this.#fold.take()
  }

  /** Nothing more is to come for now: unfinished sequences are shown, and a line that was being gone over is whole. */
  end(): string {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#tokens[stream].next(this.#decoders[stream].decode(), this.#raw)
      this.#tokens[stream].end()
    }
    this.#fold.end()
    return this.#fold.take()
  }

  /** Begin anew, for a terminal that was reset. @param raw show every control character instead of following it */
  reset(raw: boolean): void {
    this.#fold.reset()
    for (const tokens of Object.values(this.#tokens)) tokens.reset()
    this.#decoders = newDecoders()
    this.#inverse = false
    this.#linked = false
    this.#raw = raw
  }

  #add(text: string): void {
    this.#fold.add(text)
  }

  #text(text: string): void {
    if (this.#fold.idle && !this.#linked) {
      this.#add(text)
      return
    }
    let from = 0
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      if (at > from) this.#add(text.slice(from, at))
      // A link does not outlive its line.
      if (this.#linked) this.#link(null)
      this.#fold.lineFeed()
      from = at + 1
      if (this.#fold.idle && !this.#linked) break
    }
    if (from < text.length) this.#add(text.slice(from))
  }

  #link(url: string | null): void {
    if (url === null && !this.#linked) return
    this.#linked = url !== null
    this.#add(url === null ? endLink : `\x1b]8;;${url}\x1b\\`)
  }
}

function newDecoders(): Record<JournalStream, TextDecoder> {
  // A byte order mark is shown like every other character that draws nothing.
  return {
    stdout: new TextDecoder('utf-8', { ignoreBOM: true }),
    stderr: new TextDecoder('utf-8', { ignoreBOM: true }),
  }
}
