import { BashShell } from './bash-shell'
import { PosixShell } from './posix-shell'
import type { SessionShell, ShellOptions } from './shell'

/** `bash` is what a session runs on; `sh` is the fallback where there is no bash, with less comfort. */
export type ShellKind = 'bash' | 'sh'

/** Rejects with a `SpawnError` where the shell cannot be started. */
export function startShell(kind: ShellKind, options: ShellOptions): Promise<SessionShell> {
  return kind === 'bash' ? BashShell.start(options) : PosixShell.start(options)
}
