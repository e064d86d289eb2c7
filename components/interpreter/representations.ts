/** Which of a value's representations can be shown, best first. */
export type Shown = 'chart' | 'table' | 'html' | 'svg' | 'png' | 'jpeg' | 'json' | 'markdown' | 'latex' | 'text'

const types: readonly [Shown, string][] = [
  ['chart', 'application/vnd.sandglass.chart+json'],
  ['table', 'application/vnd.sandglass.table+json'],
  ['html', 'text/html'],
  ['svg', 'image/svg+xml'],
  ['png', 'image/png'],
  ['jpeg', 'image/jpeg'],
  ['json', 'application/json'],
  ['markdown', 'text/markdown'],
  ['latex', 'text/latex'],
  ['text', 'text/plain'],
]

export const shownNames: Record<Shown, string> = {
  chart: 'Chart',
  table: 'Table',
  html: 'HTML',
  svg: 'SVG',
  png: 'PNG',
  jpeg: 'JPEG',
  json: 'JSON',
  markdown: 'Markdown',
  latex: 'LaTeX',
  text: 'Text',
}

export function shownOf(representations: Readonly<Record<string, unknown>>): { shown: Shown; content: unknown }[] {
  return types.flatMap(([shown, type]) =>
    Object.hasOwn(representations, type) ? [{ shown, content: representations[type] }] : [],
  )
}
