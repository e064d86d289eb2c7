/** Notebooks as scripts: cells are separated by `# %%`, the marker of Jupytext, Spyder and VS Code. */
import { type Cell, newCell } from './cell'

/** @param comment the line comment of the language: `#` or `//` */
export function toScript(cells: readonly Cell[], comment: '#' | '//'): string {
  return cells
    .map(({ kind, source }) => {
      const text = source.replace(/\n+$/, '')
      if (kind === 'code') return `${comment} %%\n${text}\n`
      return `${comment} %% [${kind}]\n${text.replace(/^/gm, `${comment} `).replace(/[ \t]+$/gm, '')}\n`
    })
    .join('\n')
}

/** A script without markers is one cell. */
export function fromScript(text: string): Cell[] {
  const cells: Cell[] = []
  let current = newCell()
  let lines: string[] = []
  const finish = () => {
    const source = lines.join('\n').replace(/^\n+|\n+$/g, '')
    if (source !== '') cells.push({ ...current, source: current.kind === 'code' ? source : uncommented(source) })
    lines = []
  }
  for (const line of text.replaceAll('\r\n', '\n').split('\n')) {
    const marker = /^(?:#|\/\/) ?%%(.*)$/.exec(line)
    if (marker === null) {
      lines.push(line)
      continue
    }
    finish()
    current = newCell(
      /\[(?:markdown|md)\]/.test(marker[1] ?? '') ? 'markdown' : /\[raw\]/.test(marker[1] ?? '') ? 'raw' : 'code',
    )
  }
  finish()
  return cells
}

function uncommented(source: string): string {
  return source.replace(/^(?:#|\/\/) ?/gm, '')
}
