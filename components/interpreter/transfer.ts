/** Files that the browser reads and writes: notebooks and scripts. */
import { saveBlob } from '@/components/charts/save'
import type { Cell } from './cell'
import { fromScript, toScript } from './python-script'

const extensions: Record<string, string> = { javascript: 'js', typescript: 'ts' }
const maxImportBytes = 24 * 1024 * 1024

/** Offer a notebook as a download. @param notebook its text; null for a script of its code */
export function download(
  notebook: string | null,
  { cells, language, path }: { cells: readonly Cell[]; language: string; path: string },
): void {
  const name = (path.split('/').at(-1) ?? path).replace(/\.ipynb$/, '') || 'notebook'
  const script = toScript(cells, language === 'python' ? '#' : '//')
  const extension = notebook === null ? (extensions[language] ?? 'py') : 'ipynb'
  saveBlob(new Blob([notebook ?? script], { type: 'application/octet-stream' }), `${name}.${extension}`)
}

/** The cells of a chosen file, or why they cannot be read. */
export async function importCells(file: File): Promise<{ cells: Cell[] } | { message: string }> {
  if (file.size > maxImportBytes) return { message: `This file is larger than ${maxImportBytes / 1024 / 1024} MB.` }
  const text = await file.text()
  if (!file.name.endsWith('.ipynb')) return { cells: fromScript(text) }
  const { parseNotebook } = await import('./ipynb')
  const parsed = parseNotebook(text)
  if (!parsed.ok) return { message: parsed.message }
  // Runs of another sandbox cannot be watched here.
  return { cells: parsed.document.cells.map((cell) => ({ ...cell, run: null, id: crypto.randomUUID().slice(0, 8) })) }
}
