import { Terminal } from '@xterm/headless'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalStream } from '@/lib/process-api/extensions'
import { LogFilter } from './log-filter'
import { blockRows, ProgressBlock } from './progress-block'

const propertyTimeoutMs = 60_000

const encode = (text: string) => new TextEncoder().encode(text)

/** The log's terminal without a page: the filter and the progress block. */
class Screen {
  readonly terminal: Terminal
  readonly filter = new LogFilter()
  readonly answers: string[] = []

  constructor(columns = 40, rows = 10) {
    this.terminal = new Terminal({ cols: columns, rows, scrollback: 5000, convertEol: true, allowProposedApi: true })
    const { parser, buffer } = this.terminal
    const cursor = () => ({ row: buffer.active.baseY + buffer.active.cursorY, above: buffer.active.cursorY })
    new ProgressBlock(parser, cursor, () => undefined)
    this.terminal.onData((data) => this.answers.push(data))
    this.terminal.onTitleChange((title) => this.answers.push(title))
  }

  write(text: string | Uint8Array, stream: JournalStream = 'stdout'): void {
    this.terminal.write(this.filter.next(stream, typeof text === 'string' ? encode(text) : text))
  }

  /** Parse everything that was written. */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => this.terminal.write('', resolve))
  }

  async end(): Promise<string[]> {
    this.terminal.write(this.filter.end())
    await this.settle()
    return this.rows()
  }

  rows(): string[] {
    const { active } = this.terminal.buffer
    const all = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '')
    return all.slice(0, all.findLastIndex((text) => text !== '') + 1)
  }
}

async function rows(...parts: string[]): Promise<string[]> {
  const screen = new Screen()
  for (const part of parts) screen.write(part)
  return await screen.end()
}

const filtered = (text: string) => new LogFilter().next('stdout', encode(text))

/** Sequences that clear, cover, move elsewhere, change the meaning of text, or request a reply. */
const hostile = [
  '\x1b[2J\x1b[H',
  '\x1b[3J',
  '\x1b[1J',
  '\x1b[?2J',
  '\x1b#8',
  '\x1b#3',
  '\x1bc',
  '\x1b[!p',
  '\x1b[?1049h',
  '\x1b[?47h',
  '\x1b[?1049l',
  '\x1b[2;5r',
  '\x1b[H',
  '\x1b[5;5H',
  '\x1b[1;1f',
  '\x1b[3d',
  '\x1b[999A',
  '\x1b[99F',
  '\x1b[5L',
  '\x1b[5M',
  '\x1b[3S',
  '\x1b[3T',
  '\x1b[9P',
  '\x1b[9@',
  '\x1b[999999999b',
  '\x1bM\x1bM\x1bM',
  '\x1bD',
  '\x1bE',
  '\x1b7\x1b[s',
  '\x1b8',
  '\x1b[u',
  '\x1b[?7l',
  '\x1b[?6h',
  '\x1b[4h',
  '\x1b[20h',
  '\x1b[?3h',
  '\x1b(0\x0e',
  '\x1b)0',
  '\x1bn\x1bo',
  '\x1b%G',
  '\x1b[8m',
  '\x1b[0;08;1m',
  '\x1b[c\x1b[>c\x1b[5n\x1b[6n\x1b[?6n\x1bZ\x1b[?2026$p',
  '\x1b[18t\x1b[21t\x1b[8;1;1t',
  '\x1b]0;title\x07',
  '\x1b]2;title\x1b\\',
  '\x1b]52;c;aGFja2Vk\x07',
  '\x1b]4;0;?\x07\x1b]10;?\x07\x1b]11;#ffffff\x07',
  '\x1bP$qm\x1b\\',
  '\x1b_Gi=1;AAAA\x1b\\',
  '\x1bH\x1b[3g\x1b[2I\x1b[2Z',
  '\x1b[>4;2m',
  '\x1b[ q\x1b[5 q',
]

describe('hostile output', () => {
  it.each(hostile)('%j neither clears nor covers earlier output, and gets no reply', async (sequence) => {
    const screen = new Screen()
    const printed = Array.from({ length: 40 }, (_, row) => `line ${row}`)
    screen.write(`${printed.join('\n')}\n${sequence}after\nlast\n`)
    expect(await screen.end()).toEqual([...printed, 'after', 'last'])
    expect(screen.answers).toEqual([])
    const cell = screen.terminal.buffer.active.getLine(41)?.getCell(0)
    expect(cell?.isInvisible()).toBe(0)
  })

  it(
    'keeps every word in its order, whatever stands between the words',
    async () => {
      const word = fc.stringMatching(/^[a-z]{1,9}$/)
      const part = fc.tuple(
        word,
        fc.constantFrom(...hostile, '\x1b[31m', '\x1b[0m', '\n', '\x1b]8;;https://a.b/\x1b\\'),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(part, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), async (parts, size) => {
          const screen = new Screen(30, 6)
          const bytes = encode(parts.flat().join(''))
          for (let at = 0; at < bytes.length; at += size) screen.write(bytes.subarray(at, at + size))
          const shown = (await screen.end()).join('').replaceAll(' ', '')
          expect(shown).toBe(parts.map(([text]) => text).join(''))
        }),
        { numRuns: 60 },
      )
    },
    propertyTimeoutMs,
  )

  it(
    'changes no row above the progress block, and drops none',
    async () => {
      const moves = ['A', 'B', 'E', 'F', 'G', 'C', 'D', 'J', 'K', 'X']
      const move = fc
        .tuple(fc.integer({ min: 0, max: 60 }), fc.constantFrom(...moves))
        .map(([n, to]) => `\x1b[${n}${to}`)
      const text = fc.stringMatching(/^[a-z ]{1,50}$/)
      const lines = fc.integer({ min: 1, max: 12 }).map((count) => 'line\n'.repeat(count))
      const part = fc.oneof(move, text, lines, fc.constantFrom('\r', '\n', '\b\b', '\t', '\x1b[2K', ...hostile))
      await fc.assert(
        fc.asyncProperty(fc.array(part, { minLength: 20, maxLength: 80 }), async (parts) => {
          const screen = new Screen(20, 30)
          let settled: string[] = []
          for (const output of parts) {
            screen.write(output)
            await screen.settle()
            const now = screen.rows()
            expect(now.slice(0, settled.length).join('\n')).toBe(settled.join('\n'))
            settled = now.slice(0, Math.max(settled.length, now.length - blockRows))
          }
        }),
        { numRuns: 25 },
      )
    },
    propertyTimeoutMs,
  )

  it('passes only text, safe colours, links, and moves within the block', () => {
    const grammar =
      /^(?:[^\0-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r|\x1b\[[\d;:]*m|\x1b\[\d*[ABCDGKX]|\x1b\[J|\x1b\[\?7[hl]|\x1b\]8;;[!-~]*\x1b\\)*$/
    const byte = fc.constantFrom(...encode('\x1b[]PX^_?;:019AHJKmhlrqc\\(#\x07\x0e\0\r\n\x9b\x9dé'), 0xff, 0xc2)
    fc.assert(
      fc.property(fc.array(fc.tuple(byte, fc.boolean()), { maxLength: 200 }), (given) => {
        const filter = new LogFilter()
        const out = given.map(([one, err]) => filter.next(err ? 'stderr' : 'stdout', Uint8Array.of(one))).join('')
        expect(out + filter.end()).toMatch(grammar)
      }),
      { numRuns: 500 },
    )
  })
})

describe('incomplete sequences', () => {
  it('do not hide later text', async () => {
    const swallowed = `\x1b]0;${'x'.repeat(5000)}`
    const shown = (await rows('before\n', swallowed, '\nafter\n')).join('')
    expect(shown.startsWith('before<U+001B>]0;xxx')).toBe(true)
    expect(shown.endsWith('after')).toBe(true)
    expect(await rows('\x1bPq\nevil\n')).toEqual(['<U+001B>Pq', 'evil'])
    expect(await rows('\x1b[12\nevil\n')).toEqual(['<U+001B>[12', 'evil'])
  })

  it('of one stream do not affect the other', async () => {
    const screen = new Screen()
    screen.write('one \x1b[3', 'stdout')
    screen.write('two \x1b]0;', 'stderr')
    screen.write('1mthree ', 'stdout')
    screen.write('\x07four', 'stderr')
    expect(await screen.end()).toEqual(['one two three four'])
  })

  it('are shown at the end of the log', async () => {
    expect(await rows('done\x1b[3')).toEqual(['done<U+001B>[3'])
    expect(await rows('done\x1b]0;a\x1b')).toEqual(['done<U+001B>]0;a<U+001B>'])
  })
})

describe('invisible characters', () => {
  it('are shown by their number, inverse', async () => {
    const screen = new Screen(80)
    screen.write('user\u202enimda\0\0\0 \u{E0041} a\u200db \u009b2J x\n')
    screen.write(Uint8Array.of(0xff, 0x0a))
    expect(await screen.end()).toEqual(['user<U+202E>nimda<U+0000×3> <U+E0041> a<U+200D>b <U+009B>2J x', '\ufffd'])
    const line = screen.terminal.buffer.active.getLine(0)
    expect(line?.getCell(4)?.isInverse()).not.toBe(0)
    expect(line?.getCell(12)?.isInverse()).toBe(0)
  })

  it('are kept in emoji and joined letters; bells and shifts are ignored', async () => {
    expect(filtered('👩‍👧 ✔️ می‌خواهم\x07\x0f')).toBe('👩‍👧 ✔️ می‌خواهم')
    const filter = new LogFilter()
    expect(filter.next('stdout', encode('👩')) + filter.next('stdout', encode('\u200d👧'))).toBe('👩‍👧')
  })

  it('are all shown in the raw view, sequences included', async () => {
    const screen = new Screen(80)
    screen.filter.reset(true)
    screen.write('50%\r\x1b[31mred\x1b[0m\x07\n\x1b[2J\n')
    expect(await screen.end()).toEqual(['50%<U+000D><U+001B>[31mred<U+001B>[0m<U+0007>', '<U+001B>[2J'])
  })
})

describe('colours and links', () => {
  it.each([
    ['\x1b[31mx', '\x1b[31mx'],
    ['\x1b[mx', '\x1b[0mx'],
    ['\x1b[1;38;5;208;48;2;1;2;3mx', '\x1b[1;38;5;208;48;2;1;2;3mx'],
    ['\x1b[38:2::1:2:3mx', '\x1b[38;2;1;2;3mx'],
    ['\x1b[38;5;8mx', '\x1b[38;5;8mx'],
    ['\x1b[1;8mx', '\x1b[1mx'],
    ['\x1b[38;7;8mx', 'x'],
    ['\x1b[4:3;5mx', '\x1b[4:3mx'],
    ['\x1b[8mx', 'x'],
    ['\x1b[1234567mx', 'x'],
    ['\x1b]8;id=1;https://example.com/a\x07x\x1b]8;;\x07y', '\x1b]8;;https://example.com/a\x1b\\x\x1b]8;;\x1b\\y'],
    ['\x1b]8;;https://example.com/\x07x\ny', '\x1b]8;;https://example.com/\x1b\\x\x1b]8;;\x1b\\\ny'],
    ['\x1b]8;;javascript:alert(1)\x07x', 'x'],
    ['\x1b]8;;file:///etc/passwd\x07x', 'x'],
  ])('%j is passed as %j', (given, expected) => {
    expect(filtered(given)).toBe(expected)
  })
})

describe('progress', () => {
  const bar = (percent: number) => `epoch 1: ${percent}%|${'#'.repeat(percent / 2).padEnd(50)}|`

  it('of docker moves up several rows and draws them again', async () => {
    const draw = (a: string, b: string, c: string) =>
      [a, b, c].map((state, layer) => `\x1b[2Klayer${layer}: ${state}\r\n`).join('')
    expect(
      await rows(
        'Pulling\n',
        draw('waiting', 'waiting', 'waiting'),
        `\x1b[3A${draw('50%', '10%', 'waiting')}`,
        `\x1b[1A\x1b[2K\rlayer2: done\x1b[1B\r`,
        `\x1b[3A${draw('done', 'done', 'done')}`,
        'Pulled\n',
      ),
    ).toEqual(['Pulling', 'layer0: done', 'layer1: done', 'layer2: done', 'Pulled'])
  })

  it('of npm and ink erases lines upwards, one by one, and draws them again', async () => {
    const erase = '\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K\x1b[G'
    expect(await rows('start\n', '\x1b[?25la\nb\n', `${erase}c\nd\n`, `${erase}e\nf\n\x1b[?25h`)).toEqual([
      'start',
      'e',
      'f',
    ])
  })

  it('of tqdm has nested bars, of which the inner one is drawn many times', async () => {
    const outer = (n: number) => `\router ${n}/2`
    const inner = (n: number) => `\n\rinner ${n}/3\x1b[A`
    const output = outer(0) + [0, 1, 2, 3].map(inner).join('') + outer(1) + [0, 1, 2, 3].map(inner).join('') + outer(2)
    expect(await rows(output, '\n\n', 'done\n')).toEqual(['outer 2/2', 'inner 3/3', 'done'])
  })

  it('of yarn erases its row and starts again', async () => {
    expect(await rows('\x1b[2K\x1b[1Gone', '\x1b[2K\x1b[1Gtwo\n')).toEqual(['two'])
  })

  it('keeps a bar that is wider than the pane on one row, and draws it completely when it is finished', async () => {
    const whole = [bar(100).slice(0, 40), bar(100).slice(40)]
    const output = `start\n${[4, 50, 100].map((percent) => `\r${bar(percent)}`).join('')}`
    expect(await rows(output, '\nend\n')).toEqual(['start', ...whole, 'end'])
    expect(await rows(output)).toEqual(['start', ...whole])
  })

  it('does not depend on how the output is split into chunks', async () => {
    const text = `\r${bar(4)}\r${bar(50)}\x1b[K\r${bar(100)}\r\nend\r\n`
    const controls = [...text.matchAll(/[\r\n\x1b]/g)].flatMap(({ index }) => [index - 1, index, index + 1, index + 2])
    for (const cut of new Set(controls.filter((at) => at >= 0))) {
      const parts = [text.slice(0, cut), text.slice(cut, cut + 1), text.slice(cut + 1)]
      expect(await rows(...parts), `cut at ${cut}`).toEqual([bar(100).slice(0, 40), bar(100).slice(40), 'end'])
    }
  })

  it('does not change other output: CR LF, short updates, wrapped lines', async () => {
    expect(await rows('one\r\ntwo\r', '\n', '10%\r20%\rdone\n', 'x'.repeat(60), '\n', 'ab\b\bc\n')).toEqual([
      'one',
      'two',
      'done',
      'x'.repeat(40),
      'x'.repeat(20),
      'cb',
    ])
  })

  it('does not clip text that is too long for a progress bar', async () => {
    const long = Array.from({ length: 1200 }, (_, index) => `w${index}`).join(' ')
    const shown = (await rows(`\r${long}\n`)).join('')
    expect(shown.replaceAll(' ', '')).toBe(long.replaceAll(' ', ''))
  })

  it('does not move up out of its block: later output is appended', async () => {
    const screen = new Screen(40, 60)
    const lines = Array.from({ length: 40 }, (_, row) => `line ${row}`)
    screen.write(`${lines.join('\n')}\n`)
    screen.write(`\x1b[${blockRows}A\x1b[2Kappended\n`)
    screen.write(`\x1b[${blockRows - 1}A\x1b[2Koverwritten`)
    const overwritten = 41 - (blockRows - 1)
    expect(await screen.end()).toEqual([
      ...lines.slice(0, overwritten),
      'overwritten',
      ...lines.slice(overwritten + 1),
      'appended',
    ])
  })

  it('does not move below the lowest row that it has reached', async () => {
    expect(await rows('a\nb\nc\x1b[2A\x1b[99Bd\n')).toEqual(['a', 'b', 'cd'])
  })
})
