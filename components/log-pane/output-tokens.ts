/**
 * What a program wrote, cut into text and the few control sequences that mean something in a log. All others (other
 * screens, absolute moves, clearing, scroll regions, character sets, titles, clipboard, questions to the terminal) are
 * left out, whatever a terminal would do with them: what is not named here does not reach the screen.
 *
 * Each stream has its own, so that a sequence that stderr did not finish takes nothing from stdout.
 */
import { type TextPart, visibleParts, visibleText } from '@/lib/display/visible-text'
import { type Rendition, safeRendition } from './graphic-rendition'
import { blockRows } from './progress-block'

/** Gets the tokens in order. Sequences are in the one form in which the terminal gets them. */
export interface TokenSink {
  /** Printable text, tabs, line feeds and backspaces. */
  text(text: string): void
  /** Something that cannot be seen, as `<U+001B>`. */
  hidden(notation: string): void
  carriageReturn(): void
  rendition(rendition: Rendition): void
  /** Erases within the row. */
  edit(sequence: string): void
  /** Moves the cursor to another row or column, or erases below it. */
  move(sequence: string): void
  /** Text from here on leads to this address; null ends that. */
  link(url: string | null): void
}

/** Longer ones are none: they would hide what follows. */
const maxStringChars = 4096
const maxCsiChars = 256
const maxColumns = 9999

const escapeCode = 0x1b
const backspace = 0x08
const carriageReturn = 0x0d
/** Bell and the two character sets that nothing can choose: programs send them, and they say nothing. */
const silent = [0x07, 0x0e, 0x0f]

const control = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g
/** Nothing joins or varies these. */
const plain = /^[\t\n -~]*$/
const parameters = /[0-?]*/y
const intermediates = /[ -/]*/y
/** What a string sequence may hold; a line feed ends it as something that was none. */
const stringContent = /[^\0-\x1f\x7f\x9c]*/y
const bell = 0x07
const stringEnd = 0x9c
const backslash = 0x5c
const link = /^8;[^;]*;(.*)$/
const webAddress = /^https?:\/\/[!-~]{1,2048}$/i

export class OutputTokens {
  readonly #sink: TokenSink
  /** A sequence that is not finished yet. */
  #held = ''
  /** The last character, on which depends whether a joiner at the start of the next text belongs there. */
  #last = ''

  constructor(sink: TokenSink) {
    this.#sink = sink
  }

  /** @param raw show every control character and sequence instead of following it */
  next(piece: string, raw: boolean): void {
    const whole = this.#held === '' ? piece : this.#held + piece
    this.#held = ''
    let at = 0
    while (at < whole.length) {
      control.lastIndex = at
      const end = control.exec(whole)?.index ?? whole.length
      if (end > at) this.#text(whole.slice(at, end))
      at = end
      if (end === whole.length) return
      this.#last = ''
      at = raw ? this.#show(whole, end) : this.#control(whole, end)
    }
  }

  /** Nothing more comes: a sequence without an end was none. */
  end(): void {
    while (this.#held !== '') {
      const held = this.#held
      this.#held = ''
      this.#sink.hidden(visibleText('\x1b'))
      this.next(held.slice(1), false)
    }
  }

  reset(): void {
    this.#held = ''
    this.#last = ''
  }

  #text(text: string): void {
    const { visible, last } = this.#joined(text)
    this.#last = last
    if (visible === null) {
      this.#sink.text(text)
      return
    }
    for (const part of visible) {
      if (part.hidden === null) this.#sink.text(part.text)
      else this.#sink.hidden(part.text)
    }
  }

  /** The parts of a text, seen behind the character before it; null where it is only what it shows. */
  #joined(text: string): { visible: readonly TextPart[] | null; last: string } {
    if (plain.test(text)) return { visible: null, last: '' }
    const last = lastCharacter(text)
    const parts = visibleParts(this.#last + text, { lines: true })
    const [first, ...rest] = parts
    if (parts.length <= 1) return { visible: null, last }
    const own = (first?.text ?? '').slice(this.#last.length)
    const head = own === '' || first === undefined ? [] : [{ ...first, text: own }]
    return { visible: [...head, ...rest], last: parts.at(-1)?.hidden === null ? last : '' }
  }

  /** Does what the control character at `at` asks for. @returns where to go on; the end of the text where it waits */
  #control(whole: string, at: number): number {
    const code = whole.charCodeAt(at)
    if (code === escapeCode) return this.#escape(whole, at)
    if (code === carriageReturn) this.#sink.carriageReturn()
    else if (code === backspace) this.#sink.text('\b')
    else if (!silent.includes(code)) return this.#show(whole, at)
    return at + 1
  }

  /** Shows a run of one control character by its number. */
  #show(whole: string, at: number): number {
    let end = at + 1
    while (end < whole.length && whole.charCodeAt(end) === whole.charCodeAt(at)) end += 1
    this.#sink.hidden(visibleText(whole.slice(at, end)))
    return end
  }

  /** @returns behind the sequence; the end of the text where it is not finished */
  #escape(whole: string, at: number): number {
    const kind = whole[at + 1]
    const end = kind === '[' ? this.#csi(whole, at) : isString(kind) ? this.#string(whole, at) : otherEscape(whole, at)
    if (end === 'unfinished') {
      this.#held = whole.slice(at)
      return whole.length
    }
    if (end !== 'none') return end
    this.#sink.hidden(visibleText('\x1b'))
    return at + 1
  }

  #csi(whole: string, at: number): number | 'unfinished' | 'none' {
    const behindParameters = skip(parameters, whole, at + 2)
    const end = skip(intermediates, whole, behindParameters)
    if (end - at > maxCsiChars) return 'none'
    if (end === whole.length) return 'unfinished'
    const final = whole.charCodeAt(end)
    if (final < 0x40 || final > 0x7e) return 'none'
    if (end === behindParameters) this.#follow(whole.charAt(end), whole.slice(at + 2, end))
    return end + 1
  }

  /** OSC, DCS, SOS, PM and APC; of these only links are followed. */
  #string(whole: string, at: number): number | 'unfinished' | 'none' {
    const end = skip(stringContent, whole, at + 2)
    if (end - at > maxStringChars) return 'none'
    if (end === whole.length) return 'unfinished'
    const code = whole.charCodeAt(end)
    const twoPart = code === escapeCode
    if (twoPart && end + 1 === whole.length) return 'unfinished'
    const ended = twoPart ? whole.charCodeAt(end + 1) === backslash : code === bell || code === stringEnd
    if (!ended) return 'none'
    if (whole[at + 1] === ']') this.#osc(whole.slice(at + 2, end))
    return end + (twoPart ? 2 : 1)
  }

  #follow(final: string, params: string): void {
    if (final === 'm') {
      const safe = /^[0-9:;]*$/.test(params) ? safeRendition(params) : null
      if (safe !== null) this.#sink.rendition(safe)
      return
    }
    if (!/^\d*$/.test(params)) return
    const given = Number(params)
    const count = Math.min(Math.max(1, given), maxColumns)
    // It would leave the block, and of F the way to the start of the row would be made alone.
    if ((final === 'A' || final === 'F') && count >= blockRows) return
    switch (final) {
      case 'A':
      case 'F':
        this.#sink.move(`\x1b[${count}A`)
        break
      case 'B':
      case 'e':
      case 'E':
        // One by one: the terminal makes them as far as there are rows.
        this.#sink.move('\x1b[B'.repeat(Math.min(count, blockRows)))
        break
      case 'C':
      case 'a':
        this.#sink.move(`\x1b[${count}C`)
        break
      case 'D':
        this.#sink.move(`\x1b[${count}D`)
        break
      case 'G':
      case '`':
        if (count > 1) this.#sink.move(`\x1b[${count}G`)
        break
      case 'J':
        if (given === 0) this.#sink.move('\x1b[J')
        break
      case 'K':
        if (given <= 2) this.#sink.edit(`\x1b[${given}K`)
        break
      case 'X':
        this.#sink.edit(`\x1b[${count}X`)
        break
    }
    const toStart = final === 'E' || final === 'F' || (count === 1 && (final === 'G' || final === '`'))
    if (toStart) this.#sink.carriageReturn()
  }

  #osc(command: string): void {
    const address = link.exec(command)?.[1]
    if (address !== undefined) this.#sink.link(webAddress.test(address) ? address : null)
  }
}

/** Sequences of two characters, or with intermediate ones: none of them means anything in a log. */
function otherEscape(whole: string, at: number): number | 'unfinished' | 'none' {
  const end = skip(intermediates, whole, at + 1)
  if (end - at > maxCsiChars) return 'none'
  if (end === whole.length) return 'unfinished'
  const final = whole.charCodeAt(end)
  return final >= 0x30 && final <= 0x7e ? end + 1 : 'none'
}

function isString(kind: string | undefined): boolean {
  return kind !== undefined && ']PX^_'.includes(kind)
}

/** Where what `pattern` takes from `at` on ends. */
function skip(pattern: RegExp, whole: string, at: number): number {
  pattern.lastIndex = at
  pattern.test(whole)
  return Math.max(at, pattern.lastIndex)
}

function lastCharacter(text: string): string {
  const low = text.charCodeAt(text.length - 1)
  return text.slice(low >= 0xdc00 && low <= 0xdfff ? -2 : -1)
}
