import { describe, expect, it } from 'vitest'
import { HeadlessScreen } from './headless-screen'

async function draw(text: string, cols = 40, rows = 10): Promise<HeadlessScreen> {
  const screen = new HeadlessScreen(cols, rows)
  await new Promise<void>((resolve) => screen.write(Buffer.from(text), resolve))
  return screen
}

/** A screen and one that was restored from its snapshot, each after the same further output. */
async function originalAndRestored(before: string, after = '') {
  const first = await draw(before)
  const second = await draw(first.snapshot().data)
  for (const screen of [first, second]) {
    await new Promise<void>((resolve) => screen.write(Buffer.from(after), resolve))
  }
  return { first: { ...first.snapshot(), ...first.grid() }, second: { ...second.snapshot(), ...second.grid() } }
}

const states: Array<[string, string, string?]> = [
  ['nothing', ''],
  ['plain text with scrollback', Array.from({ length: 30 }, (_, i) => `line ${i}\r\n`).join('')],
  ['colours, and attributes that are still set', '\x1b[1;31mred \x1b[48;2;1;2;3mtrue\x1b[38;5;200mcolour', 'more'],
  ['a wrapped line', 'x'.repeat(95), 'y'],
  ['emoji, joined and wide characters', '👩‍👩‍👧‍👧:✅:漢字:é:🇩🇪:\r\n', '漢'],
  ['hundreds of marks on one character', `e${'\u0301'.repeat(500)} end`, 'more'],
  ['a hidden cursor with another shape', 'a\x1b[?25l\x1b[4 q'],
  ['a scroll region with the cursor inside', 'top\r\n\x1b[3;6r\x1b[4;5Hhere', '\r\n\r\n\r\n\r\nscrolled'],
  ['mouse and paste modes', '\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b[?1h\x1b='],
  ['line drawing characters', '\x1b(0lqk\r\nx x\r\n', 'mqj\x1b(B end'],
  ['the alternate screen over a coloured prompt', '\x1b[44mprompt\x1b[?1049h\x1b[5;5Hother', '\x1b[?1049l\x1b[0mback'],
  ['a title', '\x1b]2;a title — with é\x07text'],
  ['a cursor that waits to wrap', 'x'.repeat(40), 'y'],
  ['a cursor that waits to wrap above other text', `\x1b[5;1Hbelow\x1b[H${'x'.repeat(40)}`, 'y'],
  [
    'a cursor that waits to wrap, with attributes of its own',
    `\x1b[5;1Hbelow\x1b[H\x1b[1;32m${'x'.repeat(40)}\x1b[0;4;48;5;200m`,
    'y',
  ],
  ['a cursor that waits behind a wide character', `\x1b[5;1Hbelow\x1b[H${'x'.repeat(38)}漢`, '漢'],
  ['a cursor that waits to wrap within margins', `\x1b[3;6r\x1b[4;1H${'x'.repeat(40)}`, 'y'],
  ['a cursor that waits to wrap, counted from the margins', `\x1b[3;6r\x1b[?6h\x1b[2;1H${'x'.repeat(40)}`, 'y'],
  ['a cursor that waits to wrap before line drawing', `\x1b[5;1Hbelow\x1b[H${'q'.repeat(40)}\x1b(0`, 'q'],
  ['a cursor that waits to wrap on the alternate screen', `one\x1b[?1049h\x1b[5;1Hb\x1b[H${'x'.repeat(40)}`, 'y'],
  ['a reset', '\x1b[3;6r\x1b[?25l\x1b(0\x1bc plain', 'text'],
]

describe('a snapshot', () => {
  for (const [what, before, after] of states) {
    it(`restores ${what}`, async () => {
      const { first, second } = await originalAndRestored(before, after)
      expect(second).toEqual(first)
    })
  }

  it('gives characters the same width as the console does', async () => {
    const screen = await draw('👩‍👩‍👧‍👧:\r\n漢:')
    expect(screen.grid().cursor).toEqual({ column: 3, row: 1 })
    expect((await draw('👩‍👩‍👧‍👧:')).grid().cursor.column).toBe(3)
  })
})
