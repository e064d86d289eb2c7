import { describe, expect, it } from 'vitest'
import { blobReader, CastSource } from './cast-source'
import { type ExportInfo, exportCast, exportHtml, exportText } from './export'
import type { ReplayEvent } from './replay-event'

const info: ExportInfo = {
  title: 'make test',
  grid: { cols: 80, rows: 24 },
  startedAt: 1_700_000_000.5,
  exitCode: 2,
  isPlainOutput: true,
}

const bytes = (text: string) => new TextEncoder().encode(text)
const out = (ms: number, data: Uint8Array | string, isStderr = false): ReplayEvent => ({
  kind: 'output',
  ms,
  data,
  isStderr,
})

async function* from(events: readonly ReplayEvent[]): AsyncGenerator<ReplayEvent> {
  yield* events
}

async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const part of parts) text += part
  return text
}

describe('an exported asciicast', () => {
  const events: ReplayEvent[] = [
    out(0.1234, bytes('a\nb\r\n')),
    out(100, bytes('é').subarray(0, 1)),
    out(101, bytes('!\n'), true),
    out(102, bytes('é').subarray(1)),
    { kind: 'resize', ms: 200, grid: { cols: 100, rows: 30 } },
  ]

  it('of version 2 has absolute times, whole characters and line ends of a terminal', async () => {
    expect((await textOf(exportCast(2, info, from(events)))).split('\n')).toEqual([
      '{"version":2,"width":80,"height":24,"timestamp":1700000000,"title":"make test"}',
      '[0.000123,"o","a\\r\\nb\\r\\n"]',
      '[0.101,"o","!\\r\\n"]',
      '[0.102,"o","é"]',
      '[0.2,"r","100x30"]',
      '',
    ])
  })

  it('of version 3 has intervals and the exit code', async () => {
    expect((await textOf(exportCast(3, info, from(events)))).split('\n')).toEqual([
      '{"version":3,"term":{"cols":80,"rows":24,"type":"xterm-256color"},"timestamp":1700000000,"title":"make test"}',
      '[0.000123,"o","a\\r\\nb\\r\\n"]',
      '[0.100877,"o","!\\r\\n"]',
      '[0.001,"o","é"]',
      '[0.098,"r","100x30"]',
      '[0,"x","2"]',
      '',
    ])
  })

  it.each([2, 3] as const)('of version %s is read back with the same times', async (version) => {
    const many = Array.from({ length: 5000 }, (_, index) => out(index * 0.3337, `${index}\r\n`))
    const text = await textOf(exportCast(version, { ...info, isPlainOutput: false }, from(many)))
    const { signal } = new AbortController()
    const cursor = (await CastSource.open(blobReader(new Blob([text])), signal)).open()
    const read: ReplayEvent[] = []
    for (let batch = await cursor.next(signal); batch.length > 0; batch = await cursor.next(signal)) read.push(...batch)
    for (const [index, event] of many.entries()) expect(Math.abs((read[index]?.ms ?? 0) - event.ms)).toBeLessThan(0.001)
  })
})

it('exported text has no control sequences, and of an overwritten line what was written last', async () => {
  const output =
    '\x1b[31mred\x1b[0m\n10 %\r20 %\r\nfile \x1b]8;;http://x\x1b\\link\x1b]8;;\x07 \x1b(B\x1bPq#0\x1b\\end\nab\bc'
  const events = [...output].map((character, index) => out(index, character))
  expect(await textOf(exportText(from(events)))).toBe('red\n20 %\nfile link end\nac')
})

it('an exported page runs nothing but its player', async () => {
  const hostile = '</script><script>alert(1)</script><!--<script>'
  const player = { script: 'play()', style: 'body{}', scriptHash: 'sha256-x' }
  const page = await textOf(
    exportHtml({ ...info, title: '</title><img src=x onerror=alert(1)>' }, from([out(0, hostile)]), player),
  )
  expect(page.match(/<script/g)).toHaveLength(2)
  expect(page).not.toMatch(/<img|<!--|alert\(1\)<\/script>/)
  expect(page).toContain(`content="default-src 'none'; script-src 'sha256-x'; style-src 'unsafe-inline'`)
  const json = /id="recording">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? ''
  const lines = (JSON.parse(json) as string[]).map((line) => JSON.parse(line) as unknown)
  expect(lines[1]).toEqual([0, 'o', hostile])
})
