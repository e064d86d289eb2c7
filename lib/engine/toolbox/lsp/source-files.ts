import { readdir } from 'node:fs/promises'
import { posix } from 'node:path'

/** Folders with the code of others. */
const skipped = new Set(['node_modules', '__pycache__', 'venv', 'env', 'site-packages', 'dist', 'build'])
/** Of the walk, whatever it finds. */
const maxFolders = 2_000

/**
 * Source files of a project, those near its root first. Links to folders are not followed; hidden folders, dependencies, and
 * folders that cannot be read are left out.
 * @param extensions such as `.py`
 */
export async function sourceFiles(project: string, extensions: readonly string[], limit: number): Promise<string[]> {
  const files: string[] = []
  const folders = [project]
  for (let next = 0; next < folders.length && next < maxFolders && files.length < limit; next += 1) {
    const folder = folders[next] ?? project
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name)) folders.push(path)
      else if (entry.isFile() && extensions.includes(posix.extname(entry.name))) files.push(path)
    }
  }
  return files.slice(0, limit)
}
