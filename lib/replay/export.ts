/** Writes a replay as a file: asciicast v2 and v3, text, and a page that plays it. Streams, whatever the length. */
import { PlainText } from './plain-text'
import type { Grid, ReplayEvent } from './replay-event'

export const exportFormats = ['cast2', 'cast3', 'text', 'html'] as const
export type ExportFormat = (typeof exportFormats)[number]

export interface ExportInfo {
  title: string
  grid: Grid
  /** Seconds since 1970; null where unknown. */
  startedAt: number | null
  exitCode: number | null
  /** The output comes from a pipe: its line feeds are line ends without a carriage return. */
  isPlainOutput: boolean
}

/** The program and the style of the player, for a page that needs nothing else. */
export interface PlayerFiles {
  script: string
  style: string
  /** `sha256-…` of the script, in base64. */
  scriptHash: string
}

export async function* exportCast(
  version: 2 | 3,
  info: ExportInfo,
  events: AsyncIterable<ReplayEvent>,
): AsyncGenerator<string> {
  const { title, grid, startedAt, exitCode } = info
  const { cols, rows } = grid
  const common = { ...(startedAt !== null && { timestamp: Math.floor(startedAt) }), ...(title !== '' && { title }) }
  const header =
    version === 2
      ? { version, width: cols, height: rows, ...common }
      : { version, term: { cols, rows, type: 'xterm-256color' }, ...common }
  yield `${JSON.stringify(header)}\n`
  const text = new CastText(info.isPlainOutput)
  let beforeUs = 0
  // Rounded times are subtracted, so that the errors of rounding do not add up.
  const line = (ms: number, code: string, data: string) => {
    const us = Math.max(beforeUs, Math.round(ms * 1000))
    const time = (version === 2 ? us : us - beforeUs) / 1_000_000
    beforeUs = us
    return `${JSON.stringify([time, code, data])}\n`
  }
  let lastMs = 0
  let hasExit = false
  for await (const event of events) {
    lastMs = event.ms
    if (event.kind === 'output') {
      const data = text.add(event)
      if (data !== '') yield line(event.ms, 'o', data)
    } else if (event.kind === 'resize') {
      yield line(event.ms, 'r', `${event.grid.cols}x${event.grid.rows}`)
    } else if (event.kind === 'marker') {
      yield line(event.ms, 'm', event.label)
    } else if (version === 3) {
      hasExit = true
      yield line(event.ms, 'x', String(event.status))
    }
  }
  const rest = text.end()
  if (rest !== '') yield line(lastMs, 'o', rest)
  if (version === 3 && !hasExit && exitCode !== null) yield line(lastMs, 'x', String(exitCode))
}

/** The output as text, without control sequences. */
export async function* exportText(events: AsyncIterable<ReplayEvent>): AsyncGenerator<string> {
  const bytes = new CastText(false)
  const text = new PlainText()
  for await (const event of events) {
    if (event.kind !== 'output') continue
    const lines = text.add(bytes.add(event))
    if (lines !== '') yield lines
  }
  yield text.add(bytes.end()) + text.end()
}

/**
 * A page that plays the recording without a network. The recording is data that no parser of the page reads as markup,
 * and the page's policy allows its own script alone.
 */
export async function* exportHtml(
  info: ExportInfo,
  events: AsyncIterable<ReplayEvent>,
  player: PlayerFiles,
): AsyncGenerator<string> {
  const policy = [
    "default-src 'none'",
    `script-src '${player.scriptHash}'`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const title = escapeHtml(info.title === '' ? 'Recording' : info.title)
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${player.style}</style>
</head>
<body>
<h1>${title}</h1>
<main id="player"></main>
<noscript>This recording is played by a script.</noscript>
<script type="application/json" id="recording">[`
  let isFirst = true
  for await (const text of exportCast(2, info, events)) {
    yield `${isFirst ? '' : ',\n'}${escapeScript(JSON.stringify(text.trimEnd()))}`
    isFirst = false
  }
  yield `]</script>
<script>${player.script}</script>
</body>
</html>
`
}

/** Decodes the output of each stream by itself: a character may be cut by a chunk of the other one. */
class CastText {
  private readonly stdout = new TextDecoder()
  private readonly stderr = new TextDecoder()
  private endsWithReturn = false

  constructor(private readonly addsReturns: boolean) {}

  add({ data, isStderr }: Extract<ReplayEvent, { kind: 'output' }>): string {
    if (typeof data === 'string') return this.withReturns(data)
    return this.withReturns((isStderr ? this.stderr : this.stdout).decode(data, { stream: true }))
  }

  end(): string {
    return this.withReturns(this.stdout.decode() + this.stderr.decode())
  }

  private withReturns(text: string): string {
    if (!this.addsReturns || text === '') return text
    const { endsWithReturn } = this
    this.endsWithReturn = text.endsWith('\r')
    const rest = endsWithReturn && text.startsWith('\n') ? '\n' : ''
    return rest + text.slice(rest.length).replace(/\r?\n/g, '\r\n')
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** JSON in a script element: nothing in it can end the element. */
function escapeScript(json: string): string {
  return json
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')
}
