/**
 * What of a command's text the session's bash can be given next. A bash that is not interactive ends at a syntax error
 * and reads on beyond an unfinished quote, so each text is read before: here where it is plain, else by another bash
 * that carries out nothing (`bash -n`) and whose messages are the user's.
 *
 * bash reads a text line by line, and what a line sets can change how the next one is read. Where that is so, and where
 * a syntax error follows complete commands, the text is handed over in several parts.
 */
import { drain } from '../process/drain'
import type { FifoPool } from '../process/fifo-pool'
import { LimitedOutput } from '../process/limited-output'
import type { Starter } from '../process/starter'
import { countLines, type ShellOptionNames } from './bash-frame'
import { isPlainText } from './plain-text'

export type NextText =
  /** `notice` is what bash says on stderr when it reads the text; `rest` comes after it, null at the end. */
  | { type: 'run'; text: string; lines: number; notice: string; rest: string | null }
  /** A syntax error, with bash's message. */
  | { type: 'refused'; message: string; lines: number }

export interface BashReaderOptions {
  /** As the session's own bash was started. */
  binary: string
  env: Readonly<Record<string, string>>
  pipes: FifoPool
  starter: Starter
}

/** What follows a line with such a word may be read in another way. */
const changesReading = /\b(alias|unalias|expand_aliases|extglob|posix|POSIXLY_CORRECT)\b/

/** Under `set -v` the shell repeats each line before it reads the next one. */
function isReadInParts(text: string, { names }: ShellOptionNames): boolean {
  return names.has('verbose') || changesReading.test(text)
}

/** So many beginnings of a text are tried at most, where it cannot be read as a whole. */
const maxTries = 100
/** What bash says about a text; it repeats lines of it. */
const maxMessageBytes = 64 * 1024

export class BashReader {
  constructor(private readonly options: BashReaderOptions) {}

  /** The whole text where nothing needs to be asked; the usual case. */
  plain(text: string, shell: ShellOptionNames): NextText | null {
    if (isReadInParts(text, shell) || !isPlainText(text)) return null
    return { type: 'run', text, lines: countLines(text), notice: '', rest: null }
  }

  /**
   * @param before number of the line before the text, for bash's messages
   * Rejects with a `SpawnError` where no bash can be started.
   */
  async next(text: string, before: number, shell: ShellOptionNames): Promise<NextText> {
    const lines = text.split('\n')
    const split = async (count: number): Promise<NextText | null> => {
      const part = lines.slice(0, count).join('\n')
      if (!isPlainText(part) && (await this.check(part, before, shell)).verdict !== 'valid') return null
      return { type: 'run', text: part, lines: count, notice: '', rest: lines.slice(count).join('\n') }
    }
    let tries = 0
    if (isReadInParts(text, shell)) {
      for (let count = 1; count < lines.length && tries < maxTries; count += 1) {
        if (!isReadInParts(lines[count - 1] ?? '', shell)) continue
        tries += 1
        const part = await split(count)
        if (part) return part
      }
    }
    if (isPlainText(text)) return { type: 'run', text, lines: lines.length, notice: '', rest: null }
    const { verdict, message } = await this.check(text, before, shell)
    if (verdict === 'valid') return { type: 'run', text, lines: lines.length, notice: '', rest: null }
    if (verdict === 'unfinished-heredoc') {
      const finished = [text, ...delimitersOf(message)].join('\n')
      return { type: 'run', text: finished, lines: lines.length, notice: message, rest: null }
    }
    const errorLine = Number(/ line (\d+): /.exec(message)?.[1] ?? before + lines.length) - before
    for (let count = Math.min(errorLine, lines.length) - 1; count > 0 && tries < maxTries; count -= 1) {
      tries += 1
      const part = await split(count)
      if (part) return part
    }
    return { type: 'refused', message, lines: lines.length }
  }

  private async check(
    text: string,
    before: number,
    { names }: ShellOptionNames,
  ): Promise<{ verdict: 'valid' | 'unfinished-heredoc' | 'invalid'; message: string }> {
    const { binary, env, pipes, starter } = this.options
    const output = new LimitedOutput(maxMessageBytes)
    // Long options come first.
    const args = ['--noprofile', '--norc', ...(names.has('posix') ? ['--posix'] : []), '-n']
    if (names.has('extglob')) args.push('-O', 'extglob')
    const source = pipes.file(`${'\n'.repeat(before)}${text}\n`)
    const errors = await pipes.output((bytes) => output.add(bytes))
    let exitCode: number | null
    try {
      const streams = [source.stream, null, errors.stream]
      const own = { PATH: env.PATH ?? '', LC_ALL: 'C' }
      const started = await starter.start({ file: binary, args, cwd: '/', env: own, streams })
      errors.closeWriteEnd()
      exitCode = (await started.exited).exitCode
      // Not until its end: another program may have the pipe open too.
      await drain([errors])
    } finally {
      source.release()
      errors.destroy()
    }
    const message = output.whole().toString()
    if (exitCode === 0 && message === '') return { verdict: 'valid', message }
    const isHeredoc = exitCode === 0 && delimitersOf(message).length === message.split('\n').length - 1
    return { verdict: isHeredoc ? 'unfinished-heredoc' : 'invalid', message }
  }
}

/** What ends the here-documents that bash warns of, in their order. */
function delimitersOf(message: string): string[] {
  return [...message.matchAll(/^.* delimited by end-of-file \(wanted `(.*)'\)$/gm)].map((match) => match[1] ?? '')
}
