/**
 * Splits output into text and the few control sequences that are allowed in a log. All others (alternate screens,
 * absolute moves, clearing, scroll regions, character sets, titles, clipboard, queries of the terminal) are removed:
 * this is an allow-list.
 *
 * Each stream has its own tokenizer, so that an incomplete sequence on stderr does not swallow text of stdout.
 */
import { type TextPart, visibleParts, visibleText } from '@/lib/display/visible-text'
import { type Rendition, safeRendition } from './graphic-rendition'
import { blockRows } from './progress-block'

/** Receives the tokens in order. Each sequence is in the form in which the terminal receives it. */
export interface TokenSink {
  /** Printable text, tabs, line feeds and backspaces. */
  text(text: string): void
  /** An invisible character, as `<U+001B>`. */
  hidden(notation: string): void
  carriageReturn(): void
  rendition(rendition: Rendition): void
  /** Erases within the row. */
  edit(sequence: string): void
  /** Moves the cursor to another row or column, or erases below it. */
  move(sequence: string): void
  /** Later text links to this URL; null ends the link. */
  link(url: string | null): void
}

/** Limits of sequences. A longer one is not treated as a sequence, since it would hide later text. */
const maxStringChars = 4096
const maxCsiChars = 256
const maxColumns = 9999

const escapeCode = 0x1b
const backspace = 0x08
const carriageReturn = 0x0d
/** Bell, shift out and shift in: programs send them, and they have no effect here. */
const ignored = [0x07, 0x0e, 0x0f]

const control = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g
/** Text without characters that join or modify others. */
const plain = /^[\t\n -~]*$/
const parameters = /[0-?]*/y
const intermediates = /[ -/]*/y
/** The content of a string sequence. With a line feed in it, it is not a sequence. */
const stringContent = /[^\0-\x1f\x7f\x9c]*/y
const bell = 0x07
const stringEnd = 0x9c
const backslash = 0x5c
const link = /^8;[^;]*;(.*)$/
const webAddress = /^https?:\/\/[!-~]{1,2048}$/i

export class OutputTokens {
  /** An incomplete sequence at the end of the last chunk. */
  private incomplete = ''
  /** The last character: it decides whether a joiner at the start of the next text is legitimate. */
  private last = ''

  constructor(private readonly sink: TokenSink) {}

  /** @param raw show all control characters and sequences instead of interpreting them */
  next(chunk: string, raw: boolean): void {
    const whole = this.incomplete === '' ? chunk : this.incomplete + chunk
    this.incomplete = ''
    let at = 0
    while (at < whole.length) {
      control.lastIndex = at
      const end = control.exec(whole)?.index ?? whole.length
      if (end > at) this.text(whole.slice(at, end))
      at = end
      if (end === whole.length) return
      this.last = ''
      at = raw ? this.showControl(whole, end) : this.handleControl(whole, end)
    }
  }

  /** The stream has ended: an incomplete sequence is shown as text. */
  end(): void {
    while (this.incomplete !== '') {
      const { incomplete } = this
      this.incomplete = ''
      this.sink.hidden(visibleText('\x1b'))
      this.next(incomplete.slice(1), false)
    }
  }

  reset(): void {
    this.incomplete = ''
    this.last = ''
  }

  private text(text: string): void {
    const { visible, last } = this.joinedParts(text)
    this.last = last
    if (visible === null) {
      this.sink.text(text)
      return
    }
    for (const part of visible) {
      if (part.hidden === null) this.sink.text(part.text)
      else this.sink.hidden(part.text)
    }
  }

  /** The parts of a text in the context of the character before it; null where all of it is visible. */
  private joinedParts(text: string): { visible: readonly TextPart[] | null; last: string } {
    if (plain.test(text)) return { visible: null, last: '' }
    const last = lastCharacter(text)
    const parts = visibleParts(this.last + text, { lines: true })
    const [first, ...rest] = parts
    if (parts.length <= 1) return { visible: null, last }
    const own = (first?.text ?? '').slice(this.last.length)
    const head = own === '' || first === undefined ? [] : [{ ...first, text: own }]
    return { visible: [...head, ...rest], last: parts.at(-1)?.hidden === null ? last : '' }
  }

  /** @returns where to continue; the end of the text for an incomplete sequence */
  private handleControl(whole: string, at: number): number {
    const code = whole.charCodeAt(at)
    if (code === escapeCode) return this.handleEscape(whole, at)
    if (code === carriageReturn) this.sink.carriageReturn()
    else if (code === backspace) this.sink.text('\b')
    else if (!ignored.includes(code)) return this.showControl(whole, at)
    return at + 1
  }

  /** Show a run of one control character by its number. */
  private showControl(whole: string, at: number): number {
    let end = at + 1
    while (end < whole.length && whole.charCodeAt(end) === whole.charCodeAt(at)) end += 1
    this.sink.hidden(visibleText(whole.slice(at, end)))
    return end
  }

  /** @returns the index after the sequence; the end of the text for an incomplete one */
  private handleEscape(whole: string, at: number): number {
    const end = this.handleSequence(whole, at)
    if (end === 'incomplete') {
      this.incomplete = whole.slice(at)
      return whole.length
    }
    if (end !== 'invalid') return end
    this.sink.hidden(visibleText('\x1b'))
    return at + 1
  }

  private handleSequence(whole: string, at: number): SequenceEnd {
    const kind = whole[at + 1]
    if (kind === '[') return this.handleCsi(whole, at)
    return isString(kind) ? this.handleString(whole, at) : otherEscapeEnd(whole, at)
  }

  private handleCsi(whole: string, at: number): SequenceEnd {
    const parametersEnd = skip(parameters, whole, at + 2)
    const end = skip(intermediates, whole, parametersEnd)
    if (end - at > maxCsiChars) return 'invalid'
    if (end === whole.length) return 'incomplete'
    const final = whole.charCodeAt(end)
    if (final < 0x40 || final > 0x7e) return 'invalid'
    if (end === parametersEnd) this.interpret(whole.charAt(end), whole.slice(at + 2, end))
    return end + 1
  }

  /** OSC, DCS, SOS, PM and APC, of which only links are allowed. */
  private handleString(whole: string, at: number): SequenceEnd {
    const end = skip(stringContent, whole, at + 2)
    if (end - at > maxStringChars) return 'invalid'
    if (end === whole.length) return 'incomplete'
    const code = whole.charCodeAt(end)
    const isTwoPart = code === escapeCode
    if (isTwoPart && end + 1 === whole.length) return 'incomplete'
    const hasEnd = isTwoPart ? whole.charCodeAt(end + 1) === backslash : code === bell || code === stringEnd
    if (!hasEnd) return 'invalid'
    if (whole[at + 1] === ']') this.handleOsc(whole.slice(at + 2, end))
    return end + (isTwoPart ? 2 : 1)
  }

  private interpret(final: string, params: string): void {
    if (final === 'm') {
      const safe = /^[0-9:;]*$/.test(params) ? safeRendition(params) : null
      if (safe !== null) this.sink.rendition(safe)
    } else if (/^\d*$/.test(params)) {
      const value = Number(params)
      if (final === 'J' || final === 'K') this.erase(final, value)
      else this.moveOrErase(final, Math.min(Math.max(1, value), maxColumns))
    }
  }

  /** Erase below the cursor (J) or in the row (K). */
  private erase(final: 'J' | 'K', value: number): void {
    if (final === 'J' && value === 0) this.sink.move('\x1b[J')
    if (final === 'K' && value <= 2) this.sink.edit(`\x1b[${value}K`)
  }

  private moveOrErase(final: string, count: number): void {
    switch (final) {
      case 'A':
        this.moveUp(count)
        break
      case 'F':
        if (this.moveUp(count)) this.sink.carriageReturn()
        break
      case 'B':
      case 'e':
        this.moveDown(count)
        break
      case 'E':
        this.moveDown(count)
        this.sink.carriageReturn()
        break
      case 'C':
      case 'a':
        this.sink.move(`\x1b[${count}C`)
        break
      case 'D':
        this.sink.move(`\x1b[${count}D`)
        break
      case 'G':
      case '`':
        if (count > 1) this.sink.move(`\x1b[${count}G`)
        else this.sink.carriageReturn()
        break
      case 'X':
        this.sink.edit(`\x1b[${count}X`)
        break
    }
  }

  /** @returns false for a move out of the progress block, which is ignored */
  private moveUp(count: number): boolean {
    if (count >= blockRows) return false
    this.sink.move(`\x1b[${count}A`)
    return true
  }

  /** Row by row, so that the terminal moves as far as there are rows. */
  private moveDown(count: number): void {
    this.sink.move('\x1b[B'.repeat(Math.min(count, blockRows)))
  }

  private handleOsc(command: string): void {
    const url = link.exec(command)?.[1]
    if (url !== undefined) this.sink.link(webAddress.test(url) ? url : null)
  }
}

/** The index after a sequence. */
type SequenceEnd = number | 'incomplete' | 'invalid'

/** Sequences of two characters, or with intermediate ones: none of them is allowed in a log. */
function otherEscapeEnd(whole: string, at: number): SequenceEnd {
  const end = skip(intermediates, whole, at + 1)
  if (end - at > maxCsiChars) return 'invalid'
  if (end === whole.length) return 'incomplete'
  const final = whole.charCodeAt(end)
  return final >= 0x30 && final <= 0x7e ? end + 1 : 'invalid'
}

function isString(kind: string | undefined): boolean {
  return kind !== undefined && ']PX^_'.includes(kind)
}

/** The index after the match of `pattern` at `at`. */
function skip(pattern: RegExp, whole: string, at: number): number {
  pattern.lastIndex = at
  pattern.test(whole)
  return Math.max(at, pattern.lastIndex)
}

function lastCharacter(text: string): string {
  const low = text.charCodeAt(text.length - 1)
  return text.slice(low >= 0xdc00 && low <= 0xdfff ? -2 : -1)
}
