/** The lines that are fed to a session shell other than bash, and the lines that it reports back. */
import { quote } from './shell-quote'

/** Where the shell reports. POSIX shells take one digit only. */
export const statusDescriptor = 9

/** Feed this once, before anything else. */
export const posixSetup = 'PS1= PS2=\n'

/** Files of one command. Without `stdin` it sees end-of-file at once. */
export interface CommandFiles {
  script: string
  stdin: string | null
  stdout: string
  stderr: string
}

export interface FedCommand {
  /** Goes into the environment of everything that the command starts. */
  mark: string
  /** A word that only this command's reports carry. */
  nonce: string
  files: CommandFiles
  /** Exit status of the command before, which the next one finds in `$?`. */
  lastStatus: number
}

/**
 * The shell says `S` once it executes the line and has stdin open: from then on an interrupt hits the command, and the
 * toolbox may close its own end of that pipe. The redirections are undone when the command ends, whatever the script
 * did to its descriptors; those of stderr belong to the `.` alone, so that a trace (`set -x`) of these lines goes to the
 * shell's own stderr. The report is a line of its own because an interrupt throws away the rest of the line that it
 * hits. A backslash keeps aliases away, `command` keeps functions away.
 */
export function commandLines({ mark, nonce, files, lastStatus }: FedCommand): string {
  // `||` and not `;`: under `set -e` only the last command of such a list may end the shell.
  const restored = lastStatus === 0 ? '' : `(\\command exit ${lastStatus}) || `
  const stdin = files.stdin === null ? '/dev/null' : quote(files.stdin)
  // A line of its own: where the user made the variable read-only, the rest of its line would not run.
  return (
    `SANDGLASS_COMMAND=${mark}\n` +
    `{ \\command printf 'S ${nonce}\\n' >&${statusDescriptor}; ` +
    `${restored}\\command . ${quote(files.script)} 2>${quote(files.stderr)} ${statusDescriptor}>&-; } ` +
    `<${stdin} >${quote(files.stdout)}\n${reportLine(nonce)}`
  )
}

/** Ask for the status of the line before; harmless when it was reported already. */
export function reportLine(nonce: string): string {
  return `\\command printf 'E ${nonce} %s\\n' "$?" >&${statusDescriptor}\n`
}

export type StatusReport = { type: 'started'; nonce: string } | { type: 'ended'; nonce: string; status: number }

/** Read a report. Null for anything that no shell of ours prints. */
export function parseReport(line: string): StatusReport | null {
  const ended = /^E ([0-9a-f]+) (\d{1,3})$/.exec(line)
  if (ended?.[1] && ended[2]) return { type: 'ended', nonce: ended[1], status: Number(ended[2]) }
  const started = /^S ([0-9a-f]+)$/.exec(line)
  return started?.[1] ? { type: 'started', nonce: started[1] } : null
}
