/**
 * Makes text of targets, sandboxes and programs safe to display: characters that are invisible, move the cursor or
 * change the direction of a line are shown as `<U+202E>`, the notation of `less`, so that no name can look like another.
 * Only for display: what is copied, sent or downloaded stays exact.
 */

export interface TextPart {
  /** The text to display. */
  text: string
  /** The characters that `text` stands for; null where they are the text itself. */
  hidden: string | null
}

export interface VisibleOptions {
  /** Keep line feeds, for text of several lines; otherwise each is shown as `↵`. */
  lines?: boolean
}

/**
 * Characters that are invisible or change the text around them: control characters, format characters (bidirectional
 * controls, zero-width characters, tags), variation selectors, fillers, line and paragraph separators, lone surrogates,
 * noncharacters. Not tabs, which are white space, nor Arabic number signs, which are visible.
 */
const hiddenClass =
  '[[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\uF780-\\uF7FF]--[\\t\\u0600-\\u0605\\u06DD\\u070F\\u0890\\u0891\\u08E2\\u{110BD}\\u{110CD}]]'

/** Scripts in which a joiner or non-joiner changes the shape of the adjacent letters. */
const joiningScripts = [
  'Arabic',
  'Syriac',
  'Nko',
  'Mongolian',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Khmer',
  'Myanmar',
]
  .map((script) => `\\p{Script=${script}}`)
  .join('')
const joiningLetter = `[[\\p{L}\\p{M}]&&[${joiningScripts}]]`

/** Legitimate uses: within emoji, between letters that they join or separate, as variants of ideographs. */
const legitimate = [
  '(?<=[\\p{Extended_Pictographic}\\u{1F3FB}-\\u{1F3FF}\\uFE0F])\\u200D(?=\\p{Extended_Pictographic})',
  '(?<=[\\p{Emoji}--[0-9#*]])[\\uFE0E\\uFE0F]',
  '(?<=[0-9#*])\\uFE0F(?=\\u20E3)',
  '(?<=\\u{1F3F4})(?:\\u{E0067}\\u{E0062}(?:\\u{E0065}\\u{E006E}\\u{E0067}|\\u{E0073}\\u{E0063}\\u{E0074}|\\u{E0077}\\u{E006C}\\u{E0073})\\u{E007F})',
  '(?<=\\p{Unified_Ideograph})[\\uFE00-\\uFE02\\u{E0100}-\\u{E01EF}]',
  '(?<=[\\u1820-\\u18AA])[\\u180B-\\u180D\\u180F]',
  `(?<=${joiningLetter})[\\u200C\\u200D](?=${joiningLetter})`,
].join('|')

/** The first group is a legitimate use, the second a run of one hidden character. */
const scan = new RegExp(`(${legitimate})|(${hiddenClass})\\2*`, 'gv')
const anyHidden = new RegExp(hiddenClass, 'v')
/** A fast check for logs: all of `hiddenClass` and more, but not tabs, line feeds and printable ASCII. */
const suspect =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u08ff\u115f-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\uf780-\uf7ff\ufdd0-\ufe0f\ufeff\uffa0\ufff0-\uffff]|\u034f/

function mayHide(text: string, lines: boolean): boolean {
  return (!lines && text.includes('\n')) || (suspect.test(text) && anyHidden.test(text))
}

/** The text in parts: visible text, and hidden characters by their number. */
export function visibleParts(text: string, { lines = false }: VisibleOptions = {}): TextPart[] {
  const parts: TextPart[] = []
  if (!mayHide(text, lines)) return text === '' ? parts : [{ text, hidden: null }]
  let from = 0
  for (const { 0: hidden, 1: legitimateUse, 2: character, index } of text.matchAll(scan)) {
    if (legitimateUse !== undefined || character === undefined || (lines && character === '\n')) continue
    if (index > from) parts.push({ text: text.slice(from, index), hidden: null })
    parts.push({ text: notation(character, hidden.length / character.length), hidden })
    from = index + hidden.length
  }
  if (from < text.length) parts.push({ text: text.slice(from), hidden: null })
  return parts
}

/** The parts as one string, for titles, labels and messages. Applying it again changes nothing. */
export function visibleText(text: string, options?: VisibleOptions): string {
  if (!mayHide(text, options?.lines ?? false)) return text
  return visibleParts(text, options)
    .map((part) => part.text)
    .join('')
}

/** `<U+202E>`, or `<U+0000×1048576>` for a run, so that a megabyte of zeros stays short. */
function notation(character: string, count: number): string {
  if (character === '\n') return '↵'.repeat(Math.min(count, 3))
  const code = character.codePointAt(0) ?? 0
  // A byte of a file name that is not UTF-8 (`byte-names.ts`).
  const isByte = code >= 0xf780 && code <= 0xf7ff
  const number = (isByte ? code - 0xf700 : code)
    .toString(16)
    .toUpperCase()
    .padStart(isByte ? 2 : 4, '0')
  const name = isByte ? number : `U+${number}`
  return count === 1 ? `<${name}>` : `<${name}×${count}>`
}
