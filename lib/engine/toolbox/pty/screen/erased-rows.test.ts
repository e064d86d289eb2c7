import { expect, test } from 'vitest'
import { screenState } from '@/test-kit/screen-state'
import { HeadlessScreen } from './headless-screen'

const states: Array<[string, string]> = [
  ['a screen that was cleared with a colour', '\x1b[44m\x1b[2J\x1b[Htitle'],
  ['a bright colour, which is not the same colour of the 256', '\x1b[104m\x1b[2Jx'],
  ['one of 256 colours, on the alternate screen', 'x\x1b[?1049h\x1b[48;5;19m\x1b[2J\x1b[3;3Hhi\x1b[m'],
  ['both screens', '\x1b[41m\x1b[2J\x1b[Hx\x1b[?1049h\x1b[42m\x1b[J\x1b[3;3Hhi\x1b[m'],
  ['a true colour', '\x1b[48;2;1;2;3m\x1b[2J\x1b[mx'],
  ['what follows the cursor', 'abc\r\ndef\x1b[41m\x1b[J'],
  ['the ends of rows', 'abc\x1b[42m\x1b[K\x1b[m\r\nnext\x1b[46m\r\n\x1b[K'],
  ['the starts of rows', '\x1b[20Habcdefgh\x1b[5D\x1b[42m\x1b[1K\x1b[m\x1b[5;5H\x1b[1K\x1b[H'],
  ['characters', 'abcdef\x1b[H\x1b[43m\x1b[3X\x1b[20;5H\x1b[7X'],
  ['inserted and deleted rows', '\x1b[46mabc\r\n\x1b[L\x1b[2M'],
  ['rows that scrolled in with a colour', `\x1b[44m${'a\r\n'.repeat(30)}\x1b[m`],
  ['a colour after scrollback', `${'l\r\n'.repeat(30)}\x1b[45m\x1b[2J`],
  ['text over a cleared screen', '\x1b[44m\x1b[2J\x1b[m\x1b[5;5HX\x1b[10;1H\x1b[1mfoo'],
  ['inverse and underlined text, which leave no attribute behind', '\x1b[7m\x1b[2J\x1b[Hx\x1b[4m\x1b[K y\x1b[J'],
]

test.each(states)('a snapshot restores every cell of %s', async (_what, text) => {
  const screen = new HeadlessScreen(80, 24)
  await new Promise<void>((resolve) => screen.write(Buffer.from(text), resolve))
  const { data } = screen.snapshot()
  expect(await screenState(80, 24, data)).toEqual(await screenState(80, 24, text))
  screen.dispose()
})
