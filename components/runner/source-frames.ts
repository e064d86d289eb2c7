/** Lines of tracebacks that point into the code of a run, for Python, Node.js and TypeScript. */

export interface SourceFrame {
  /** Line of the code, from 1. */
  line: number
  /** The part of the text that names it, as string offsets. */
  start: number
  end: number
}

/** The program file of a run: the engine's own, or that of a target which passes the code without a file. */
const program = String.raw`(?:/run/sandglass/runs/\w+/main\.\w+|<stdin>|<string>|\[stdin\]|\[eval\](?:-wrapper)?)`
const pythonFrame = new RegExp(`File "${program}", line (\\d+)`)
const nodeFrame = new RegExp(`(?:^|[\\s(])(${program}:(\\d+)(?::\\d+)?)`)
/** Node.js prints an uncaught error below the line of code where it was thrown. */
const nodeHead = new RegExp(`^${program}:(\\d+)$`)
/** Tracebacks are at the end of the output. */
const maxTextLength = 64_000
const maxFrames = 5

/** The frame in one line of output; null where the line names none, or a line that the code does not have. */
export function frameIn(text: string, lineCount: number): SourceFrame | null {
  const python = pythonFrame.exec(text)
  const node = python ? null : nodeFrame.exec(text)
  const line = Number(python?.[1] ?? node?.[2] ?? Number.NaN)
  if (!(line >= 1 && line <= lineCount)) return null
  if (python) return { line, start: python.index, end: python.index + python[0].length }
  const start = (node?.index ?? 0) + (node?.[0].length ?? 0) - (node?.[1]?.length ?? 0)
  return { line, start, end: start + (node?.[1]?.length ?? 0) }
}

export interface SourceFailure {
  /** The line where the program failed. */
  line: number
  /** The lines that led there, the nearest caller first, without repetitions. */
  callers: number[]
  /** What it says about the failure, such as `ValueError: x`; empty where that is not known. */
  message: string
}

/** Where a failed run failed, by the last traceback of its output; null if there is none. */
export function failureIn(output: string, code: string): SourceFailure | null {
  const lineCount = code.split('\n').length
  const lines = output.slice(-maxTextLength).split('\n')
  const frames = lines.map((text) => frameIn(text, lineCount))
  const pythonStart = lines.findLastIndex((text) => text.startsWith('Traceback (most recent call last)'))
  const head = lines.findLastIndex((text) => nodeHead.test(text))
  const start = Math.max(pythonStart, head, 0)
  const known = frames.slice(start).flatMap((frame) => frame?.line ?? [])
  if (known.length === 0) return null
  // Python names the innermost frame last, Node.js first.
  const isPython = lines.slice(start).some((text) => pythonFrame.test(text))
  const [line, ...callers] = [...new Set(isPython ? known.reverse() : known)]
  if (line === undefined) return null
  return { line, callers: callers.slice(0, maxFrames - 1), message: messageOf(lines.slice(start)) }
}

function messageOf(lines: readonly string[]): string {
  const message = lines.find((text) => /^(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Exit|Warning)\b/.test(text))
  return (message ?? lines.find((text) => /^. \[ERROR\] /.test(text))?.slice(2) ?? '').slice(0, 300)
}

/**
 * The line of the edited code that corresponds to a line of the code that ran: the same text, as near as possible. Null
 * if the edited code does not contain it any more.
 */
export function lineInEditor(edited: string, ran: string, line: number): number | null {
  if (edited === ran) return line
  const wanted = ran.split('\n')[line - 1]
  if (wanted === undefined || wanted.trim() === '') return null
  const found = edited.split('\n').flatMap((text, index) => (text === wanted ? [index + 1] : []))
  return found.sort((a, b) => Math.abs(a - line) - Math.abs(b - line))[0] ?? null
}
