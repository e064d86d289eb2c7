/**
 * A cursor that waits behind the last column for the next character, which wraps. No sequence moves a cursor there; only
 * printing in the last column does.
 */
import type { IBufferCell, Terminal } from '@xterm/headless'

/** The attributes of a cell, or those of what is printed next. */
type Attributes = Pick<
  IBufferCell,
  | 'isBold'
  | 'isDim'
  | 'isItalic'
  | 'isUnderline'
  | 'isBlink'
  | 'isInverse'
  | 'isInvisible'
  | 'isStrikethrough'
  | 'isOverline'
  | 'isFgDefault'
  | 'isFgRGB'
  | 'getFgColor'
  | 'getFgColorMode'
  | 'isBgDefault'
  | 'isBgRGB'
  | 'getBgColor'
  | 'getBgColorMode'
>

/** What xterm returns as the mode of the 16 basic colours. */
const sixteenColors = 1 << 24

/**
 * Prints the last character of the cursor's row again, in its attributes, and restores those that are set. Empty where the
 * cursor does not wait.
 * @param row of the cursor, from 0, as positions count in the present mode
 */
export function pendingWrap(terminal: Terminal, row: number): string {
  const { active } = terminal.buffer
  if (active.cursorX < terminal.cols) return ''
  const line = active.getLine(active.baseY + active.cursorY)
  let column = terminal.cols - 1
  // The second half of a wide character.
  if (line?.getCell(column)?.getWidth() === 0) column -= 1
  const cell = line?.getCell(column)
  if (!cell) return ''
  const pen = penOf(terminal)
  const character = cell.getChars() || ' '
  return `\x1b[${row + 1};${column + 1}H\x1b[${sgr(cell)}m${character}\x1b[${pen ? sgr(pen) : '0'}m`
}

/** The attributes of what is printed next, which xterm exposes to its own add-ons only. */
function penOf(terminal: Terminal): Attributes | null {
  const { _core } = terminal as unknown as { _core?: { _inputHandler?: { _curAttrData?: Attributes } } }
  return _core?._inputHandler?._curAttrData ?? null
}

/** Parameters of SGR that replace all attributes. */
function sgr(attributes: Attributes): string {
  const flags: Array<[number, number]> = [
    [1, attributes.isBold()],
    [2, attributes.isDim()],
    [3, attributes.isItalic()],
    [4, attributes.isUnderline()],
    [5, attributes.isBlink()],
    [7, attributes.isInverse()],
    [8, attributes.isInvisible()],
    [9, attributes.isStrikethrough()],
    [53, attributes.isOverline()],
  ]
  const parts = flags.flatMap(([code, isSet]) => (isSet ? [String(code)] : []))
  if (!attributes.isFgDefault()) {
    parts.push(color(attributes.getFgColor(), attributes.isFgRGB(), attributes.getFgColorMode(), 30))
  }
  if (!attributes.isBgDefault()) {
    parts.push(color(attributes.getBgColor(), attributes.isBgRGB(), attributes.getBgColorMode(), 40))
  }
  return ['0', ...parts].join(';')
}

/** @param base 30 for the foreground, 40 for the background */
function color(value: number, isRgb: boolean, mode: number, base: 30 | 40): string {
  if (isRgb) return `${base + 8};2;${value >> 16};${(value >> 8) & 0xff};${value & 0xff}`
  if (mode !== sixteenColors) return `${base + 8};5;${value}`
  return String(value < 8 ? base + value : base + 52 + value)
}
