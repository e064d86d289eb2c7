import { describe, expect, it } from 'vitest'
import { CastError } from './cast-format'
import { blobReader, CastSource, maxCastBytes } from './cast-source'
import type { ReplayEvent } from './replay-event'

const never = new AbortController().signal
const open = (text: string | Uint8Array, isGrowing = false) =>
  CastSource.open(blobReader(new Blob([text as BlobPart])), never, isGrowing)

async function eventsOf(source: CastSource): Promise<ReplayEvent[]> {
  const cursor = source.open()
  const events: ReplayEvent[] = []
  for (let batch = await cursor.next(never); batch.length > 0; batch = await cursor.next(never)) events.push(...batch)
  return events
}

const header2 = '{"version": 2, "width": 100, "height": 30, "timestamp": 1700000000, "title": "a <b>"}'

describe('an asciicast file', () => {
  it('of version 2 has times from its start', async () => {
    const source = await open(
      [header2, '[0.5, "o", "hi\\r\\n"]', '[1.25, "i", "x"]', '[1.5, "r", "120x40"]', '[2, "m", "here"]', ''].join(
        '\n',
      ),
    )
    expect(source.header).toEqual({
      version: 2,
      grid: { cols: 100, rows: 30 },
      title: 'a <b>',
      startedAt: 1_700_000_000,
    })
    expect(source.durationMs).toBe(2000)
    expect(source.marks).toEqual([{ kind: 'marker', fromMs: 2000, toMs: 2000, label: 'here' }])
    expect(await eventsOf(source)).toEqual([
      { kind: 'output', ms: 500, data: 'hi\r\n', isStderr: false },
      { kind: 'resize', ms: 1500, grid: { cols: 120, rows: 40 } },
      { kind: 'marker', ms: 2000, label: 'here' },
    ])
  })

  it('of version 3 has times from the event before, comments and an exit', async () => {
    const source = await open(
      [
        '{"version": 3, "term": {"cols": 80, "rows": 24, "type": "xterm"}}',
        '# a comment',
        '[0.5, "o", "a"]',
        '[1, "i", "k"]',
        '[0.25, "o", "b"]',
        '[0.25, "x", "3"]',
        '',
      ].join('\n'),
    )
    expect(source.durationMs).toBe(2000)
    expect(await eventsOf(source)).toEqual([
      { kind: 'output', ms: 500, data: 'a', isStderr: false },
      { kind: 'output', ms: 1750, data: 'b', isStderr: false },
      { kind: 'exit', ms: 2000, status: 3 },
    ])
  })

  it('of version 1 is one document with delays', async () => {
    const document = {
      version: 1,
      width: 80,
      height: 24,
      title: 't',
      stdout: [
        [0.5, 'a'],
        [0.25, 'b'],
      ],
    }
    for (const text of [JSON.stringify(document), JSON.stringify(document, null, 2)]) {
      const source = await open(text)
      expect(source.header.title).toBe('t')
      expect(await eventsOf(source)).toEqual([
        { kind: 'output', ms: 500, data: 'a', isStderr: false },
        { kind: 'output', ms: 750, data: 'b', isStderr: false },
      ])
    }
  })

  it('is read in parts, whatever its length', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) =>
      JSON.stringify([index / 1000, 'o', `line ${index} é\r\n`]),
    )
    const events = await eventsOf(await open([header2, ...lines].join('\n')))
    expect(events).toHaveLength(20_000)
    expect(events.at(-1)).toMatchObject({ ms: 19_999, data: 'line 19999 é\r\n' })
  })

  it.each([
    ['nothing', '', 'Line 1: the file is empty.'],
    ['something else', 'hello\nworld\n', 'Line 1: this is not an asciicast file: the line is not JSON.'],
    ['bytes', new Uint8Array([0xff, 0xfe, 0x0a]), 'Line 1: not valid UTF-8.'],
    ['other JSON', '{"a": 1}\n', 'Line 1: this is not an asciicast file: the header has no version.'],
    ['a later version', '{"version": 9}\n', 'Line 1: asciicast version 9 is unknown; versions 1, 2 and 3 can be read.'],
    ['a header without a size', '{"version": 2}\n', 'Line 1: a terminal has 1 to 1000 columns and rows.'],
    [
      'a monstrous size',
      '{"version": 2, "width": 1e9, "height": 1}\n',
      'Line 1: a terminal has 1 to 1000 columns and rows.',
    ],
  ])('that is %s is refused', async (_what, text, message) => {
    await expect(open(text)).rejects.toThrow(new CastError(1, message.slice('Line 1: '.length)))
  })

  it.each([
    ['a line that is not JSON', '[2, "o", "b"', 'Line 3: not valid JSON.'],
    ['an event that is not a list', '{}', 'Line 3: an event is an array of a time, a code and its data.'],
    ['a time below zero', '[-1, "o", "b"]', 'Line 3: the time of an event is a number of seconds, not below zero.'],
    ['data that are no text', '[1, "o", 5]', 'Line 3: the data of an event are a text.'],
    ['a size that is none', '[1, "r", "wide"]', 'Line 3: a size is written as columns, x and rows, such as 80x24.'],
  ])('with %s is played up to there', async (_what, line, message) => {
    const source = await open([header2, '[1, "o", "a"]', line, '[3, "o", "c"]', ''].join('\n'))
    expect(source.problem?.message).toBe(message)
    expect(source.durationMs).toBe(1000)
    expect(await eventsOf(source)).toHaveLength(1)
  })

  it('that was cut in a line is played up to there, and is no error while it is being recorded', async () => {
    const cut = [header2, '[1, "o", "a"]', '[2, "o", "b'].join('\n')
    const source = await open(cut)
    expect(source.problem?.message).toBe('Line 3: the file ends in the middle of a line.')
    expect(await eventsOf(source)).toHaveLength(1)
    expect((await open(cut, true)).problem).toBeNull()
  })

  it('that is too long is refused before it is read', async () => {
    const reader = { size: maxCastBytes + 1, read: () => Promise.reject(new Error('read')) }
    await expect(CastSource.open(reader, never)).rejects.toThrow(/files up to 536870912 bytes can be replayed/)
  })

  it('with a line without an end is refused when the line is too long', async () => {
    const line = new Uint8Array(17 * 1024 * 1024).fill(0x61)
    const source = await open(new Uint8Array([...new TextEncoder().encode(`${header2}\n`), ...line]))
    expect(source.problem?.message).toBe('Line 2: the line is longer than 16777216 bytes.')
  })
})
