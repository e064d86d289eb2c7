/**
 * Output as plain text: control sequences are left out, and a line that was overwritten after a carriage return keeps
 * what was written last. Not a terminal: what moves the cursor to other lines has no effect.
 */

/** A line without an end is written out when it is longer. */
const maxLineLength = 1024 * 1024

const escapeCharacter = '\x1b'
const controlString = 'control-string'

type State = 'text' | 'escape' | 'intermediate' | 'sequence' | typeof controlString | 'string-escape'

export class PlainText {
  private state: State = 'text'
  private line = ''
  /** A carriage return was read, and nothing after it. */
  private isReturned = false

  /** The line that has no end yet. */
  get incompleteLine(): string {
    return this.line
  }

  /** Returns the lines that are complete. */
  add(text: string): string {
    let out = ''
    for (const character of text) out += this.next(character)
    return out
  }

  /** Returns the line that has no end. */
  end(): string {
    const { line } = this
    this.line = ''
    return line
  }

  private next(character: string): string {
    const { state } = this
    if (state === 'text') return this.nextText(character)
    if (state === 'escape') this.state = afterEscape(character)
    else if (state === 'intermediate') this.state = isIntermediate(character) ? state : 'text'
    else if (state === 'sequence') this.state = endsSequence(character) ? 'text' : state
    else if (state === 'string-escape') this.state = character === '\\' ? 'text' : afterEscape(character)
    else if (character === escapeCharacter) this.state = 'string-escape'
    else if (character === '\x07' || character === '\x9c' || character === '\x18') this.state = 'text'
    return ''
  }

  private nextText(character: string): string {
    if (character === '\n') {
      const line = `${this.line}\n`
      this.line = ''
      this.isReturned = false
      return line
    }
    if (character === '\r') this.isReturned = true
    else if (character === '\b') this.line = this.line.slice(0, -1)
    else if (character === escapeCharacter) this.state = 'escape'
    else if (character === '\x9b') this.state = 'sequence'
    else if (character === '\t' || !isControl(character)) return this.write(character)
    return ''
  }

  private write(character: string): string {
    if (this.isReturned) {
      this.line = ''
      this.isReturned = false
    }
    this.line += character
    return this.line.length > maxLineLength ? this.end() : ''
  }
}

function afterEscape(character: string): State {
  if (character === '[') return 'sequence'
  if ('P]^_X'.includes(character)) return controlString
  if (character === escapeCharacter) return 'escape'
  return isIntermediate(character) ? 'intermediate' : 'text'
}

function isIntermediate(character: string): boolean {
  return character >= ' ' && character <= '/'
}

function endsSequence(character: string): boolean {
  return (character >= '@' && character <= '~') || character === '\x18' || character === '\x1a'
}

function isControl(character: string): boolean {
  return character < ' ' || (character >= '\x7f' && character <= '\x9f')
}
