/**
 * How a command is handed to bash so that nothing a user can change or see is part of the machinery.
 *
 * A frame has redirections and reserved words only: no builtin, function, alias, assignment or external program that a
 * user may have replaced, nothing that `set -x` prints, and nothing that a DEBUG or ERR trap, `set -e`, `$_` or
 * PIPESTATUS would notice. It says what the toolbox must know by a redirection that always fails:
 *
 *     if { x; } 2>REPORTS <"/dev/null/NONCE/…/$?"; then x; fi
 *
 * bash writes `bash: line 8: /dev/null/NONCE/…/0: Not a directory` to the pipe REPORTS and does not run `x`. The path
 * carries the exit status and whatever else a parameter expansion can show. A frame looks like this:
 *
 *     while REPEAT; do { STARTED; COMMAND
 *     } >STDOUT 2>STDERR <STDIN; ENDED; done
 *     LEFT
 *
 * - REPEAT holds once: until STARTED has set the mark of the command. The loop is there for an interrupt, see
 *   `shellSetup`. Should bash fail to carry out one of the redirections, the loop ends rather than runs again.
 * - ENDED reports the status. LEFT reports that the loop was left, also by a `break` or by an error that makes bash skip
 *   the rest of its line, and puts the line number back.
 *
 * A word that may not be replaced by an alias has a backslash. Bash reads a pipe byte by byte, so a frame is short.
 * A syntax error would end bash, so a command is checked first (see `bash-reader.ts`). What bash makes impossible is
 * listed in `docs/sessions.md`.
 */
import { quote } from './shell-quote'

/** What a failing redirection names: no path below a device exists, whatever the file system is like. */
const nowhere = '/dev/null'

/**
 * Makes the shell give up the command that it runs: out of all functions and sourced files, then out of the loop that
 * is the frame. A pending real-time signal is not lost while the shell waits for a child. It is raised again from a
 * command substitution, because a signal that is pending before `return` is carried out would run the trap within the
 * trap. `set -e` would end the shell because of the child that was interrupted; see `errexitLine`.
 */
export const giveUpSignal = 63

/** Asks for the user's trap of SIGINT, which decides; without one the command is given up. */
export const interruptSignal = 62

/** For a shell that waits for a child: a child that handled the interrupt and exited does not end the command. */
export const childInterruptSignal = 61

/** Stands in the place of the mark where the shell has switched `set -e` off to give up a command. */
const errexitMark = 'e'

const giveUp =
  `if [[ $- == *e* ]]; then \\builtin set +e; SANDGLASS_COMMAND=${errexitMark}; fi; ` +
  `if ((\${#FUNCNAME[@]})); then \\builtin return 130$(\\builtin kill -${giveUpSignal} $$); fi; ` +
  '\\builtin break 1000 2>/dev/null'

/** A trap of the user decides what an interrupt does. */
const userTrap = '*.?*) \\builtin kill -INT $$;;'

const traps = [
  [giveUpSignal, giveUp],
  [interruptSignal, `case .$(\\builtin trap -p INT) in ${userTrap} *) ${giveUp};; esac`],
  [childInterruptSignal, `case $?.$(\\builtin trap -p INT) in ${userTrap} 12[89].|1[3-9]?.|2??.) ${giveUp};; esac`],
] as const

/** What the shell is given before its first command; no setting of a user is there yet. `$_` is left as bash sets it. */
export function shellSetup(reports: string): string {
  const lines = traps.map(([signal, action]) => `\\builtin trap ${quote(action)} ${signal}; `).join('')
  return `${lines}\\builtin : "$0"; ${leave(reports, `${nowhere}/$((SANDGLASS_COMMAND=0))/$((LINENO=0))`)}\n`
}

/** Switches `set -e` on again after a command was given up, and asks for a report. */
export function errexitLine(reports: string, nonce: string): string {
  return `SANDGLASS_COMMAND=0; \\builtin set -e; ${probeOf(reports, nonce)}`
}

/** Exit status and PIPESTATUS, as the next command finds them. */
export interface Status {
  exit: number
  pipe: readonly number[]
}

export interface Frame {
  /** A word that only the reports of this frame carry. */
  nonce: string
  /** Goes into the environment of everything that the command starts. */
  mark: string
  /** One or more complete commands without a syntax error. */
  text: string
  /** The command's streams, by the names of their pipes; null where it is to have the shell's own. */
  files: { stdin: string; stdout: string; stderr: string } | null
  /** A pipe for the reports, by its name. */
  reports: string
  before: Status
  /** The lines of the text that count. */
  lines: number
}

export function frameOf({ nonce, mark, text, files, reports, before, lines }: Frame): string {
  const at = `${nowhere}/${nonce}`
  // What a backslash at the very end continues must not be the brace.
  const body = restored(before, `${text}${/\\$/.test(text) ? '\n' : ''}\n`)
  // The shell has read as far as the closing brace by now.
  const started = leave(reports, `${at}/S/${marking(mark)}/${uncounted(countLines(body) - lines)}`)
  const ended = failing(reports, `${at}/E/${statusWord}`)
  const left = leave(reports, `${at}/L/${statusWord}/${uncounted(1)}${marking('0')}`)
  const streams = files && ` >${word(files.stdout)} 2>${word(files.stderr)} <${word(files.stdin)}`
  const group = `{ ${before.exit === 0 ? '' : '! '}${started}; ${body}}${streams ?? ''}`
  if (isUnfitForLoop(text)) return `${group}; ${ended}\n${left}\n`
  const digits = `10#0\${SANDGLASS_COMMAND+\${SANDGLASS_COMMAND//[^0-9]}}`
  // `$?` is 0 before a frame and 1 after ENDED, so that not even a read-only mark makes the loop run twice.
  const repeat = `for x in;do \\x;done 2>${word(reports)} 2<&"$((2+99999*($?||${digits}==${mark})))"`
  return `while ${repeat}; do ${group}; ! ${ended}; done\n${left}\n`
}

/** Asks for a report, to see whether the shell reads. */
export function probeOf(reports: string, nonce: string): string {
  return `${leave(reports, `${nowhere}/${nonce}/P/${statusWord}/${uncounted(1)}`)}\n`
}

/** Counts the lines of a text that the shell was not given. */
export function countOf(reports: string, lines: number): string {
  return `${leave(reports, `${nowhere}/${uncounted(1 - lines)}`)}\n`
}

export type Report =
  | { type: 'started' }
  /** `line` is the shell's own count of lines. `ended`: the command ran to its end. `left`: the frame is over. `probed`: the response to a probe. */
  | {
      type: 'ended' | 'left' | 'probed'
      status: Status
      options: ShellOptionNames
      isErrexitOff: boolean
      line: number | null
    }

/** Options that change how bash reads a text. */
export interface ShellOptionNames {
  /** As in SHELLOPTS and BASHOPTS. */
  names: ReadonlySet<string>
}

/** Read a line of the pipe of reports. Null for anything that is not a report of this frame. */
export function parseReport(report: string, nonce: string): Report | null {
  const begin = report.indexOf(`${nowhere}/${nonce}/`)
  if (begin < 0) return null
  const [letter, exit, first, joined, options, mark, line] = report
    .slice(begin + nowhere.length + nonce.length + 2)
    .split('/')
  if (letter === 'S') return { type: 'started' }
  const type = letter === 'E' ? 'ended' : letter === 'L' ? 'left' : letter === 'P' ? 'probed' : null
  if (type === null || !exit || !/^\d{1,3}$/.test(exit)) return null
  const status = { exit: Number(exit), pipe: pipeStatus(first ?? '', joined ?? '', Number(exit)) }
  const names = new Set((options ?? '').split(/[:=]/))
  return {
    type,
    status,
    options: { names },
    isErrexitOff: mark === errexitMark,
    line: Number.parseInt(line ?? '', 10) || null,
  }
}

/** `$?`, PIPESTATUS, the options of the shell and the mark as parts of a path. */
const statusWord = [
  '$?',
  `\${PIPESTATUS[0]-}`,
  `\${PIPESTATUS[*]+\${PIPESTATUS[*]/#/,}}`,
  '$SHELLOPTS=$BASHOPTS',
  `\${SANDGLASS_COMMAND-}`,
  `\${LINENO-}`,
].join('/')

/**
 * The statuses of `,1 ,0`, where IFS decides what stands between them, and where it may be a digit or nothing: what
 * follows the first status up to the next comma shows which.
 */
function pipeStatus(first: string, joined: string, exit: number): number[] {
  const parts = joined.split(',').slice(1)
  const between = (parts[0] ?? '').slice(first.length)
  const last = parts.length - 1
  const statuses = parts.map((part, i) =>
    Number(i < last ? part.slice(0, part.length - between.length) : parseInt(part, 10)),
  )
  return statuses.length > 0 && statuses.every((it) => it >= 0 && it <= 255) ? statuses : [exit]
}

/** A compound command that reports, is not run, and leaves `$?` at 0. */
function failing(reports: string, path: string): string {
  return `if { \\x; } 2>${word(reports)} <"${path}"; then \\x; fi`
}

/** The same where an assignment to LINENO must last: bash puts the line number back after an `if`. */
function leave(reports: string, path: string): string {
  return `while { \\x; } 2>${word(reports)} <"${path}"; do \\x; done`
}

/** A path as a shell word, without quotes where it needs none. */
function word(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : quote(path)
}

/**
 * Takes lines off the shell's count, so that bash counts the lines of commands alone. Not where that would show: LINENO
 * was unset, is read-only, or would be exported under `set -a`. (The digits of base 64 are letters too.)
 */
function uncounted(lines: number): string {
  return `\${LINENO+$((64#0\${LINENO@a}==0&&64#0\${-/*a*/}?(LINENO=LINENO${lines < 0 ? '+' : '-'}${Math.abs(lines)}):0))}`
}

/** The command behind what puts `$?` back; 0 and 1 were left by STARTED. */
function restored(before: Status, body: string): string {
  if (before.exit < 2) return body
  const statuses = before.pipe.at(-1) === before.exit || before.pipe.includes(before.exit) ? before.pipe : [before.exit]
  const untraced = `if { \\x; } <"${nowhere}/$((BASH_XTRACEFD=2))"; then \\x; fi`
  const subshells = statuses.map((status) => `( ${untraced}; /bin/sh -c 'exit ${status}' )`)
  return `{ ${subshells.join(' | ')}; } >/dev/null 2>&1 || { ${body}}\n`
}

/**
 * Assigns the mark. Not where the variable was unset or made read-only: an assignment that fails would end the frame.
 * (33 is `x` in base 64, for exported and nothing else.)
 */
function marking(mark: string): string {
  return `\${SANDGLASS_COMMAND+$((64#0\${SANDGLASS_COMMAND@a}==33?(SANDGLASS_COMMAND=${mark}):0))}`
}

/**
 * True where the loop of the frame would show: it accepts a `break` that has no loop to leave, and once `set -n` is set
 * no loop ends.
 */
function isUnfitForLoop(text: string): boolean {
  const isBreakAlone = /\b(break|continue)\b/.test(text) && !/\b(for|while|until|select)\b/.test(text)
  return isBreakAlone || (/\bset\b/.test(text) && text.split('\n').some(mayStopReading))
}

export function countLines(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}

/** A line with `set -n`. Searched in two steps, because one takes quadratic time in a long line. */
function mayStopReading(line: string): boolean {
  const at = line.search(/\bset\b/)
  return at >= 0 && /-\w*n|\bnoexec\b/.test(line.slice(at))
}
