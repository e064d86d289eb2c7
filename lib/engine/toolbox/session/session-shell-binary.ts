import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ShellKind } from './start-shell'

/**
 * The shell of sessions: bash where there is one, since only it keeps a session alive through an interrupt in every
 * case; else `sh`.
 * @param searchPath folders as in `PATH`
 */
export function findSessionShell(searchPath: string): { binary: string; kind: ShellKind } {
  const folders = [...searchPath.split(':').filter(path.isAbsolute), '/usr/local/bin', '/usr/bin', '/bin']
  const bash = folders.map((folder) => path.join(folder, 'bash')).find((file) => existsSync(file))
  return bash ? { binary: bash, kind: 'bash' } : { binary: '/bin/sh', kind: 'sh' }
}
