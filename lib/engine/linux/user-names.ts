import { readFileSync } from 'node:fs'

/** Looks up user names in the sandbox's own list; an unknown uid is returned as text. */
export function readUserNames(file = '/etc/passwd'): (uid: number) => string {
  const names = new Map<number, string>()
  for (const line of linesOf(file)) {
    const [name, , uid] = line.split(':')
    if (name && uid && /^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name)
  }
  return (uid) => names.get(uid) ?? String(uid)
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    // Without the list, uids are shown.
    return []
  }
}
