import { existsSync, readFileSync } from 'node:fs'

const preferred = ['/usr/bin/zsh', '/bin/zsh', '/usr/bin/bash', '/bin/bash']

/**
 * The shell for commands, by the reference's rule (section 2, "Shell choice"): the first preferred shell listed in
 * `/etc/shells`, else `$SHELL`, else `sh`. Chosen once per toolbox.
 */
export function chooseShell(inherited: string | undefined): string {
  const listed = new Set(listedShells())
  const found = preferred.find((shell) => listed.has(shell) && existsSync(shell))
  if (found) return found
  return inherited && existsSync(inherited) ? inherited : '/bin/sh'
}

function listedShells(): string[] {
  if (!existsSync('/etc/shells')) return []
  return readFileSync('/etc/shells', 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}
