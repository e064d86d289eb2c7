import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'

/** Folders for administrator programs, which an ordinary user's PATH may lack. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** The absolute path of a program on the host, or null. */
export function findProgram(name: string, searched = process.env.PATH ?? ''): string | null {
  for (const folder of [...searched.split(path.delimiter).filter(path.isAbsolute), ...systemFolders]) {
    const candidate = path.join(folder, name)
    if (isExecutableFile(candidate)) return candidate
  }
  return null
}

export function isExecutableFile(candidate: string): boolean {
  try {
    accessSync(candidate, constants.X_OK)
    return statSync(candidate).isFile()
  } catch {
    // Missing, inaccessible or not executable: not a usable program.
    return false
  }
}
