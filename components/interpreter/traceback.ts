/** Tracebacks of cells: which of their lines point into the source of the cell. */

export interface TracebackLine {
  text: string
  /** Line of the cell, counted from 1; null where the line points nowhere or elsewhere. */
  line: number | null
}

const pythonFrame = /^\s*File "<(?:stdin|string)>", line (\d+)/
const nodeFrame = /<run>:(\d+)(?::\d+)?/

/**
 * A frame belongs to the cell if its line exists there, and if the line of code that the traceback shows below it is the
 * same: functions of earlier cells have frames of the same form.
 */
export function tracebackLines(traceback: string, source: string): TracebackLine[] {
  const code = source.split('\n')
  const lines = traceback.split('\n')
  // Not by an expression, which takes quadratic time where something follows thousands of line feeds.
  while (lines.length > 1 && lines.at(-1) === '') lines.pop()
  return lines.map((text, index) => {
    const frame = pythonFrame.exec(text)
    const number = Number(frame?.[1] ?? nodeFrame.exec(text)?.[1] ?? Number.NaN)
    const target = code[number - 1]
    if (target === undefined) return { text, line: null }
    const excerpt = frame ? (lines[index + 1] ?? '').trim() : ''
    const hasExcerpt = frame !== null && excerpt !== '' && /^\s{4}/.test(lines[index + 1] ?? '')
    return { text, line: hasExcerpt && excerpt !== target.trim() ? null : number }
  })
}
