import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { suspiciousName, systemPath, textOfName } from '@/lib/process-api/byte-names'

/** An entry of a folder, with its name as a text. */
export type NamedEntry = Pick<Dirent, 'name' | 'isFile' | 'isDirectory' | 'isSymbolicLink'>

/** The entries of a folder. Rejects with the system's error. */
export async function readFolder(path: string): Promise<NamedEntry[]> {
  const folder = systemPath(path)
  const entries = await readdir(folder, { withFileTypes: true })
  if (!entries.some(({ name }) => suspiciousName.test(name))) return entries
  const raw = await readdir(folder, { withFileTypes: true, encoding: 'buffer' })
  return raw.map((entry) => ({
    name: textOfName(entry.name),
    isFile: () => entry.isFile(),
    isDirectory: () => entry.isDirectory(),
    isSymbolicLink: () => entry.isSymbolicLink(),
  }))
}
