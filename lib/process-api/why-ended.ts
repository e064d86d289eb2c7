/**
 * Why an execution ended, from evidence alone: what its exit code stands for, the command that its shell did not find, and
 * the last lines of stderr. A similar name is a question, never a fact.
 */
import type { Execution } from './execution'

export interface EndEvidence extends Pick<Execution, 'state' | 'exitCode' | 'reason'> {
  /** `shell` for commands; only shells use exit codes above 125 with these meanings. */
  language: string | null
  /** The end of stderr, or of the whole output where the streams were not separated. */
  stderrEnd: string
}

export interface EndExplanation {
  /** What the exit code stands for; null if programs use it as they like. */
  meaning: string | null
  /** The command that was not found; `similar` is a known command with nearly the same name. */
  missing: { command: string; similar: string | null } | null
  /** The last lines of stderr, oldest first. */
  lastLines: readonly string[]
}

const maxLines = 3
const maxLineLength = 200

/** Null for what did not fail. */
export function explainEnd(evidence: EndEvidence): EndExplanation | null {
  const { state, exitCode, language, stderrEnd } = evidence
  if (state !== 'failed' && state !== 'killed' && state !== 'timed-out') return null
  const isShell = language === 'shell'
  return {
    meaning: state === 'failed' && isShell ? exitCodeMeaning(exitCode) : null,
    missing: isShell && exitCode === 127 ? missingCommand(stderrEnd) : null,
    lastLines: lastLinesOf(stderrEnd),
  }
}

/** Signals that end a program by default, by their number on Linux. */
const signalNames: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
}

/** Where the signal says more than its name, as its manual page (signal(7)) does. */
const signalUses: Readonly<Record<number, string>> = {
  2: 'Ctrl-C sends it',
  6: 'abort() sends it',
  7: 'the kernel sends it after an invalid memory access',
  8: 'the kernel sends it after an arithmetic error',
  11: 'the kernel sends it after an invalid memory access',
  13: 'the kernel sends it to a writer whose reader has closed the pipe',
  24: 'the kernel sends it when the limit of CPU time is reached',
  25: 'the kernel sends it when the limit of file sizes is reached',
  31: 'the kernel sends it after a system call that is not allowed',
}

/**
 * What a shell's exit code stands for by convention (bash(1), timeout(1)); null for codes that each program uses as it
 * likes.
 */
export function exitCodeMeaning(exitCode: number | null): string | null {
  if (exitCode === 124) return 'Exit code 124: timeout(1) ends with it when the time is over.'
  if (exitCode === 126) return 'Exit code 126: shells end with it when a command was found but could not be executed.'
  if (exitCode === 127) return 'Exit code 127: shells end with it when a command was not found.'
  const number = (exitCode ?? 0) - 128
  const signal = signalNames[number]
  if (signal === undefined) return null
  const use = signalUses[number]
  return `Exit code ${exitCode}: shells end with it when a program was ended by ${signal} (128 + ${number})${use ? `; ${use}` : ''}.`
}

/** `bash: line 1: gti: command not found`, `sh: 1: gti: not found`, `bash: ./x: No such file or directory`. */
const notFound = /(?:^|: )([^\s:]{1,100}): (?:command not found|not found)$/

/** The command that a shell reported last as not found; null if there is none. */
export function missingCommand(stderrEnd: string): EndExplanation['missing'] {
  const line = stderrEnd.split('\n').findLast((text) => notFound.test(text.trimEnd()))
  const command = notFound.exec(line?.trimEnd() ?? '')?.[1]
  return command === undefined ? null : { command, similar: similarCommand(command) }
}

function lastLinesOf(stderrEnd: string): string[] {
  return stderrEnd
    .split('\n')
    .map((line) => line.trimEnd().slice(0, maxLineLength))
    .filter(Boolean)
    .slice(-maxLines)
}

const knownCommands =
  'apt apt-get awk base64 bash bun bundle cargo cat cd chmod chown clear cmake composer conda cp curl cut date deno df diff dig dirname docker dotnet du echo env exit export file find flask g++ gcc gem git go gradle grep gunzip gzip head helm history hostname htop id ip java javac jobs jq julia kill killall kubectl less ln ls lsof make man mkdir mvn mv nano netstat ninja node nohup npm npx perl php pip pip3 ping pipx pkill pnpm poetry printf ps psql ps pwd pytest python python3 R rails rake readlink redis-cli rm rmdir rsync ruby rustc rustup scp sed seq sh sleep sort sqlite3 ss ssh stat sudo tail tar tee terraform test time timeout tmux touch tr tree tsc tsx uname uniq unzip uv uvicorn vi vim watch wc wget which whoami xargs yarn zip zsh'.split(
    ' ',
  )

/** The known command with the nearest name; null if none is near: one change, or two in a name of six characters or more. */
export function similarCommand(command: string, known: readonly string[] = knownCommands): string | null {
  const max = command.length >= 6 ? 2 : 1
  let best: { name: string; distance: number } | null = null
  for (const name of known) {
    // A name of two characters is one change away from far too many others.
    if (name === command || name.length < 2 || Math.abs(name.length - command.length) > max) continue
    if (command.length < 3 && [...command].sort().join('') !== [...name].sort().join('')) continue
    const distance = editDistance(command, name)
    if (distance <= max && (best === null || distance < best.distance)) best = { name, distance }
  }
  return best?.name ?? null
}

/** Insertions, deletions, substitutions and exchanges of neighbours that turn one word into the other. */
export function editDistance(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1]
      let cost = Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1))
      const isExchange = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      if (isExchange) cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      next.push(cost)
    }
    before = row
    row = next
  }
  return row[other.length] ?? 0
}
