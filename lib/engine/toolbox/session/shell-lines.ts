/**
 * The lines that are fed to a session shell, and the lines that it reports back. They hold under everything a user may
 * have set in that shell: `set -e/-u/-x/-f`, a changed IFS, aliases and functions named like the words used here (a
 * backslash keeps aliases away, `builtin` or `command` keeps functions away).
 */

/** `bash` is what a session runs on; `sh` is the fallback where there is no bash, with less comfort. */
export type ShellKind = 'bash' | 'sh'

/**
 * Where the shell reports. POSIX shells take one digit only; bash gets a number that neither scripts (3 to 9, 200) nor
 * process substitution (63 downwards) use.
 */
export const statusDescriptor: Record<ShellKind, number> = { bash: 99, sh: 9 }

/**
 * A signal that makes bash abandon the command that it runs. Unlike an interrupt it is not lost while the shell waits for
 * a child that ends for another reason: bash runs the trap as soon as the child has ended. Scripts do not use real-time
 * signals, which have the same numbers on every Linux.
 */
export const giveUpSignal = 63
/**
 * Returns from the function or the sourced command in which the signal arrives, and raises the signal again unless that is
 * the outermost one. A command substitution raises it, because a signal that is pending before `return` would run the
 * trap within the trap. An interrupt raised in a trap would leave everything at once, but makes bash 5.2 crash sometimes.
 * Under `set -e` the status of the first return would end the shell, so `set -e` is off until the next command.
 */
const giveUpTrap =
  '[[ $- == *e* ]]&&{ \\builtin set +e;SANDGLASS_ERREXIT=1;};' +
  `((\${#BASH_SOURCE[@]}>1))&&\\builtin return 130$(\\builtin kill -${giveUpSignal} $$);` +
  `((\${#BASH_SOURCE[@]}))&&\\builtin return 130`
const errexitAgain = `[[ \${SANDGLASS_ERREXIT-} ]]&&{ \\builtin unset SANDGLASS_ERREXIT;\\builtin set -e;}\n`

/**
 * What the shell sources before its first command. It is sourced rather than fed because an interactive bash gives
 * SIGTERM back its default effect only from within a sourced file: without that `kill -TERM $$` would do nothing.
 */
export const shellSetup: Record<ShellKind, string> = {
  bash: `set +o history +H\nunset HISTFILE\nPS1= PS2=\ntrap : TERM\ntrap - TERM\ntrap '${giveUpTrap}' ${giveUpSignal}\n`,
  sh: 'PS1= PS2=\n',
}

/** Files of one command. Without `stdin` it sees end-of-file at once. */
export interface CommandFiles {
  script: string
  stdin: string | null
  stdout: string
  stderr: string
}

export interface FedCommand {
  /** Goes into the environment of everything that the command starts. */
  id: string
  /** A word that only this command's reports carry. */
  nonce: string
  files: CommandFiles
  /** Exit status of the command before, which the next one finds in `$?`. */
  lastStatus: number
  /** The shell was told to give up the command before. */
  gaveUpLast: boolean
}

/** Feed this once, before anything else. */
export function setupLine(kind: ShellKind, setupFile: string): string {
  return `${word(kind)} . ${quote(setupFile)}\n`
}

/**
 * The shell says `S` once it executes the line and has stdin open: from then on an interrupt hits the command, and the
 * toolbox may close its own end of that pipe. The redirections are undone when the command ends, whatever the script
 * did to its descriptors; those of stderr belong to the `.` alone, so that a trace (`set -x`) of these lines goes to the
 * shell's own stderr. The report is a line of its own because an interrupt throws away the rest of the line that it hits.
 */
export function commandLines(kind: ShellKind, command: FedCommand): string {
  const { files, nonce } = command
  const status = statusDescriptor[kind]
  const builtin = word(kind)
  // `||` and not `;`: under `set -e` only the last command of such a list may end the shell.
  const restored = command.lastStatus === 0 ? '' : `(${builtin} exit ${command.lastStatus}) || `
  const stdin = files.stdin === null ? '/dev/null' : quote(files.stdin)
  // A line of its own: where the user made the variable read-only, the rest of its line would not run.
  return (
    (command.gaveUpLast ? errexitAgain : '') +
    `SANDGLASS_COMMAND=${quote(command.id)}\n` +
    `{ ${builtin} printf 'S ${nonce}\\n' >&${status}; ` +
    `${restored}${builtin} . ${quote(files.script)} 2>${quote(files.stderr)} ${status}>&-; } ` +
    `<${stdin} >${quote(files.stdout)}\n${reportLine(kind, nonce)}`
  )
}

/** Ask for the status of the line before; harmless when it was reported already. */
export function reportLine(kind: ShellKind, nonce: string): string {
  return `${word(kind)} printf 'E ${nonce} %s\\n' "$?" >&${statusDescriptor[kind]}\n`
}

export type StatusReport = { type: 'begun'; nonce: string } | { type: 'ended'; nonce: string; status: number }

/** Read a report. Null for anything that no shell of ours prints. */
export function parseReport(line: string): StatusReport | null {
  const ended = /^E ([0-9a-f]+) (\d{1,3})$/.exec(line)
  if (ended?.[1] && ended[2]) return { type: 'ended', nonce: ended[1], status: Number(ended[2]) }
  const begun = /^S ([0-9a-f]+)$/.exec(line)
  return begun?.[1] ? { type: 'begun', nonce: begun[1] } : null
}

function word(kind: ShellKind): string {
  return kind === 'bash' ? '\\builtin' : '\\command'
}

/** One POSIX shell word, whatever the text. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
