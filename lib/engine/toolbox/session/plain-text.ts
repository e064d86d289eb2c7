/**
 * Recognises texts that bash surely reads as complete commands without a syntax error, whatever its options: simple
 * commands with quotes, expansions, arrays, here-documents and redirections; lists, pipelines, groups, subshells,
 * functions, `if`, `while`, `until`, `for`, `case`, `[[ ]]`, `(( ))`. What is not understood here is not wrong: then a
 * bash reads the text, which takes some milliseconds.
 */

/** True for certain, false for everything else. */
export function isPlainText(text: string): boolean {
  return new PlainText(text).isComplete()
}

/** Words that mean something at the beginning of a command. Those without a rule here are left to bash. */
const reserved = new Set(
  'if then elif else fi for while until do done case esac select function time coproc { } ! [[ ]] in'.split(' '),
)
const maxDepth = 40

const blanks = /[ \t]*/y
const bareWord = /[^\s;&|()<>'"`$\\#]+/y
const simpleExpansion = /\$(?:\w+|[?#$!@*-])/y
const bracedExpansion =
  /\$\{(?:[#!]?\w+(?:\[(?:\w+|[@*])\])?|[?#$!@*-])(?:(?::?[-+=?]|##?|%%?|\/[/#%]?|:|\^\^?|,,?)[^'"`\\${}()<>\n]*)?\}/y
const arithmetic = /\$\(\([\w\s+\-*/%=!<>&|?:,~^$]*\)\)/y
const singleQuotes = /'[^']*'/y
const ansiQuotes = /\$'(?:[^'\\]|\\.)*'/sy
const plainInQuotes = /[^"$`\\]+/y
const redirection = /(?:&>>?|<<<|<>|>>|>\||[<>]&|[<>](?![<(]))/y
const name = /[A-Za-z_]\w*/y
const functionHead = /[A-Za-z_][\w-]*[ \t]*\([ \t]*\)/y
const arithmeticCommand = /\(\([\w\s+\-*/%=!<>&|?:,~^$]*\)\)/y
const arrayHead = /[A-Za-z_]\w*(?:\[\w+\])?\+?=\(/y
/** What bash takes for the start of a subscript, which may continue after blanks. */
const openSubscript = /(?:[A-Za-z_]\w*)?\[(?!\w+\])/y
const heredocHead = /<<(-?)[ \t]*(?:'([^'\n]+)'|"([^"\n$`\\]+)"|([\w.,:+@%][\w.,:+@%-]*))(?=[\s;&|()<>]|$)/y
const conditionUnary = /-[bcdefghknprstuvwxzGLNOS](?=[ \t])/y
const conditionBinary = /(?:==?|!=|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))(?=[ \t])/y
/** Builtins whose arguments may be arrays. */
const declares = new Set(['declare', 'local', 'typeset', 'export', 'readonly'])

interface Heredoc {
  end: string
  isQuoted: boolean
  stripsTabs: boolean
}

class PlainText {
  private at = 0
  private depth = 0
  private isUnclear = false
  /** Here-documents whose bodies begin at the next line. */
  private heredocs: Heredoc[] = []

  constructor(private readonly text: string) {}

  isComplete(): boolean {
    this.skipLines()
    if (this.isAtEnd) return true
    return this.list(() => this.isAtEnd) && this.isAtEnd && !this.isUnclear && this.heredocs.length === 0
  }

  private get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  /** `;;`, `;&` or `;;&`, which end a clause of `case`. */
  private get isAtClauseEnd(): boolean {
    return this.text.startsWith(';;', this.at) || this.text.startsWith(';&', this.at)
  }

  private take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.text)
    if (!match) return null
    this.at += match[0].length
    return match[0]
  }

  private takeText(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  /** Blanks and a comment, up to the end of the line. */
  private skipBlanks(): void {
    this.take(blanks)
    if (this.text[this.at] !== '#') return
    const end = this.text.indexOf('\n', this.at)
    this.at = end < 0 ? this.text.length : end
  }

  private skipLines(): void {
    for (;;) {
      this.skipBlanks()
      if (this.text[this.at] !== '\n') return
      this.at += 1
      for (const heredoc of this.heredocs.splice(0)) this.skipBody(heredoc)
    }
  }

  private skipBody({ end, isQuoted, stripsTabs }: Heredoc): void {
    for (;;) {
      if (this.isAtEnd) {
        this.notPlain()
        return
      }
      const newline = this.text.indexOf('\n', this.at)
      const line = this.text.slice(this.at, newline < 0 ? undefined : newline)
      this.at = newline < 0 ? this.text.length : newline + 1
      if ((stripsTabs ? line.replace(/^\t+/, '') : line) === end) return
      // A backslash continues the line, which may hide the end.
      if (!isQuoted && line.endsWith('\\')) this.notPlain()
    }
  }

  /** The bare word at this position, not taken. */
  private peekWord(): string {
    bareWord.lastIndex = this.at
    return bareWord.exec(this.text)?.[0] ?? ''
  }

  private takeWord(word: string): boolean {
    if (this.peekWord() !== word || /[^\s;&|()<>]/.test(this.text[this.at + word.length] ?? ' ')) return false
    this.at += word.length
    return true
  }

  /** One or more commands up to what ends them, which is not taken. */
  private list(isOver: () => boolean): boolean {
    this.depth += 1
    if (this.depth > maxDepth) return false
    for (let count = 0; ; count += 1) {
      this.skipLines()
      if (count > 0 && isOver()) break
      if (!this.andOr()) return false
      const separator = this.separator()
      if (separator === 'none') return false
      if (separator === 'end') {
        if (!isOver()) return false
        break
      }
    }
    this.depth -= 1
    return true
  }

  /** What is between two commands. `end`: a parenthesis, which is not taken, or the end of the text. */
  private separator(): 'separator' | 'end' | 'none' {
    this.skipBlanks()
    const character = this.text[this.at]
    if (this.isAtEnd || character === ')' || this.isAtClauseEnd) return 'end'
    if (character === '\n') return 'separator'
    if (character !== ';' && character !== '&') return 'none'
    this.at += 1
    if (/[;&|]/.test(this.text[this.at] ?? '')) return 'none'
    return this.isAtEnd ? 'end' : 'separator'
  }

  private andOr(): boolean {
    for (;;) {
      if (!this.pipeline()) return false
      this.skipBlanks()
      if (!this.takeText('&&') && !this.takeText('||')) return true
      this.skipLines()
    }
  }

  private pipeline(): boolean {
    if (this.takeWord('time')) this.take(blanks)
    if (this.takeWord('!')) {
      this.skipBlanks()
      if (this.peekWord() === '!') return false
    }
    for (;;) {
      if (!this.command()) return false
      this.skipBlanks()
      if (this.text[this.at] !== '|' || this.text[this.at + 1] === '|') return true
      this.at += 1
      this.takeText('&')
      this.skipLines()
      if (this.peekWord() === '!') return false
    }
  }

  private command(): boolean {
    if (this.text[this.at] === '(') {
      if (this.text[this.at + 1] === '(') {
        return this.heredocs.length === 0 && this.take(arithmeticCommand) !== null && this.redirections()
      }
      this.at += 1
      return this.list(() => this.text[this.at] === ')') && this.takeText(')') && this.redirections()
    }
    const word = this.peekWord()
    if (!reserved.has(word)) return this.take(functionHead) ? this.functionBody() : this.simpleCommand()
    if (!this.takeWord(word)) return false
    return this.compound(word) && this.redirections()
  }

  private functionBody(): boolean {
    this.skipLines()
    const isCompound = /^(\(|\{|if|while|until|for|case)$/.test(this.peekWord() || (this.text[this.at] ?? ''))
    return isCompound && this.command()
  }

  private compound(word: string): boolean {
    switch (word) {
      case '{':
        return this.until('}')
      case 'if':
        return this.ifClause()
      case 'while':
      case 'until':
        return this.until('do') && this.until('done')
      case 'for':
        return this.forClause()
      case 'case':
        return this.caseClause()
      case '[[':
        return this.condition()
      case 'function':
        this.take(blanks)
        if (!this.take(functionHead) && !(this.take(name) && /[ \t\n]+\{/y.test(this.text.slice(this.at)))) return false
        return this.functionBody()
      default:
        return false
    }
  }

  /** A list and the word that ends it. */
  private until(...words: string[]): boolean {
    const isOver = () => words.some((word) => this.peekWord() === word)
    return this.list(isOver) && words.some((word) => this.takeWord(word))
  }

  private ifClause(): boolean {
    for (;;) {
      if (!this.until('then') || !this.list(() => ['elif', 'else', 'fi'].includes(this.peekWord()))) return false
      if (this.takeWord('fi')) return true
      if (this.takeWord('else')) return this.until('fi')
      if (!this.takeWord('elif')) return false
    }
  }

  private forClause(): boolean {
    this.take(blanks)
    if (!this.take(name)) return false
    this.take(blanks)
    if (!this.takeWord('in')) return false
    for (;;) {
      this.take(blanks)
      if (this.text[this.at] === '#') return false
      if (!this.word()) break
    }
    if (this.text[this.at] === ';') this.at += 1
    else if (this.text[this.at] !== '\n') return false
    this.skipLines()
    return this.takeWord('do') && this.until('done')
  }

  private caseClause(): boolean {
    this.take(blanks)
    if (!this.word()) return false
    this.skipLines()
    if (!this.takeWord('in')) return false
    for (;;) {
      this.skipLines()
      if (this.takeWord('esac')) return true
      if (!this.patterns()) return false
      this.skipLines()
      const isOver = () => this.isAtClauseEnd || this.peekWord() === 'esac'
      if (!isOver() && !this.list(isOver)) return false
      if (!this.take(/;;&?|;&/y) && this.peekWord() !== 'esac') return false
    }
  }

  private patterns(): boolean {
    this.takeText('(')
    for (;;) {
      this.take(blanks)
      if (reserved.has(this.peekWord()) || !this.word()) return false
      this.take(blanks)
      if (this.takeText(')')) return true
      if (!this.takeText('|')) return false
    }
  }

  /** The rest of `[[ … ]]`. */
  private condition(): boolean {
    const operand = () => {
      this.take(blanks)
      return !/^(\]\]|!|-\w+|!=|==?|)$/.test(this.peekWord() || (this.text[this.at] ?? '')) && this.word()
    }
    for (;;) {
      this.take(blanks)
      if (this.takeWord('!')) this.take(blanks)
      const isUnary = this.take(conditionUnary) !== null
      if (!operand()) return false
      this.take(blanks)
      if (!isUnary && this.take(conditionBinary) && !operand()) return false
      this.take(blanks)
      if (this.takeWord(']]')) return true
      if (!this.takeText('&&') && !this.takeText('||')) return false
    }
  }

  /** The elements of an array, up to and with the parenthesis. */
  private elements(): boolean {
    if (this.heredocs.length > 0) return false
    for (;;) {
      this.skipLines()
      if (this.takeText(')')) return /[\s;&|)]/.test(this.text[this.at] ?? ' ')
      if (this.take(openSubscript) || !this.word()) return false
    }
  }

  private simpleCommand(): boolean {
    let parts = 0
    let hasRedirection = false
    for (let command = ''; ; parts += 1) {
      this.take(blanks)
      if (this.text[this.at] === '#') break
      if (this.redirection()) {
        hasRedirection = true
        continue
      }
      // Behind an assignment or a redirection a reserved word is none, which is rare enough to leave it to bash.
      if (command === '' && reserved.has(this.peekWord())) return false
      const mayAssign = command === '' || declares.has(command)
      const begin = this.at
      if (mayAssign && !hasRedirection && this.take(arrayHead)) {
        if (!this.elements()) return this.notPlain()
      } else if (!this.argument(mayAssign)) break
      else command ||= commandIn(this.text.slice(begin, Math.min(this.at, begin + 80)))
    }
    return parts > 0
  }

  private argument(mayAssign: boolean): boolean {
    if (mayAssign && this.text[this.at] !== '[' && this.take(openSubscript)) return this.notPlain()
    return this.word()
  }

  private redirections(): boolean {
    for (;;) {
      this.take(blanks)
      if (!/[\d<>&]/.test(this.text[this.at] ?? '')) return true
      const before = this.at
      this.take(/\d+/y)
      if (this.redirection()) continue
      this.at = before
      return this.text[this.at] === '&'
    }
  }

  /** `>file`, `2>&1` (the number is a word before it), `<<<text`, `<<EOF`. */
  private redirection(): boolean {
    heredocHead.lastIndex = this.at
    const heredoc = heredocHead.exec(this.text)
    if (heredoc) {
      const [head, dash, single, double, bare] = heredoc
      this.at += head.length
      const end = single ?? double ?? bare ?? ''
      this.heredocs.push({ end, isQuoted: bare === undefined, stripsTabs: dash === '-' })
      return true
    }
    const operator = this.take(redirection)
    if (operator === null) return false
    // `>&-f` closes a descriptor, and `f` is the next word.
    if (operator.endsWith('&') && /^[ \t]*\d*-[^\s;&|)]/.test(this.text.slice(this.at, this.at + 80)))
      return this.notPlain()
    this.take(blanks)
    const begin = this.at
    const isTarget = this.text[begin] !== '#' && this.word()
    // `<2>f` redirects descriptor 2 and has no target before that.
    if (isTarget && !(/[<>]/.test(this.text[this.at] ?? '') && /^(\d+|\{\w+\})$/.test(this.text.slice(begin, this.at))))
      return true
    return this.notPlain()
  }

  /** One word; false where none begins here or where it is not plain. */
  private word(): boolean {
    const begin = this.at
    for (;;) {
      const before = this.at
      if (!this.wordPart(before > begin)) return this.notPlain()
      // The body of a here-document would begin within the word.
      if (this.heredocs.length > 0 && this.text.slice(before, this.at).includes('\n')) return this.notPlain()
      if (this.at === before) return this.at > begin
    }
  }

  /** Takes a part of a word, or nothing at the end of the word. False where the part is not plain. */
  private wordPart(isInside: boolean): boolean {
    const next = this.text[this.at + 1]
    switch (this.text[this.at]) {
      case '#':
        if (isInside) this.at += 1
        return true
      case '\\':
        this.at += 2
        return next !== undefined && next !== '\n'
      case "'":
        return this.take(singleQuotes) !== null
      case '"':
        return this.doubleQuotes()
      case '$':
        return this.expansion(true)
      case '<':
      case '>':
        if (next !== '(') return true
        this.at += 1
        return this.substitution()
      case '(':
        // Behind a word: a function, an array or a pattern.
        return !isInside
      case '`':
      case '\r':
      case '\v':
      case '\f':
        return false
      default:
        this.take(bareWord)
        return true
    }
  }

  private notPlain(): false {
    this.isUnclear = true
    this.at = this.text.length
    return false
  }

  private doubleQuotes(): boolean {
    this.at += 1
    for (;;) {
      const character = this.text[this.at]
      if (character === '"') {
        this.at += 1
        return true
      }
      if (character === '\\') this.at += 2
      else if (character === '$') {
        if (!this.expansion(false)) return false
      } else if (!this.take(plainInQuotes)) return false
    }
  }

  private expansion(isBare: boolean): boolean {
    if (this.take(arithmetic) || this.take(bracedExpansion) || this.take(simpleExpansion)) return true
    const next = this.text[this.at + 1]
    if (isBare && next === "'") return this.take(ansiQuotes) !== null
    if (next === '(') {
      this.at += 1
      return this.substitution()
    }
    if (next === '{' || next === '[' || next === '`' || next === "'" || (isBare && next === '"')) return false
    this.at += 1
    return true
  }

  /** From the parenthesis on. */
  private substitution(): boolean {
    if (this.text[this.at + 1] === '(') return false
    this.at += 1
    const outer = this.heredocs
    this.heredocs = []
    if (!this.list(() => this.text[this.at] === ')') || !this.takeText(')') || this.heredocs.length > 0) return false
    this.heredocs = outer
    return true
  }
}

/** The name of the command, empty for an assignment. */
function commandIn(word: string): string {
  return /^\w+\+?=/.test(word) ? '' : word
}
