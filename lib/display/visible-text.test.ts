import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visibleParts, visibleText } from './visible-text'

const notation = (code: number) => `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

const hidden = [
  ...range(0, 8),
  ...range(0x0b, 0x1f),
  ...range(0x7f, 0x9f),
  0xad,
  0x61c,
  0x115f,
  0x180e,
  ...range(0x200b, 0x200f),
  ...range(0x2028, 0x202e),
  ...range(0x2060, 0x206f),
  0x3164,
  ...range(0xfe00, 0xfe0f),
  0xfeff,
  0xfff9,
  0xffff,
  0xd800,
  0xdfff,
  ...range(0xe0000, 0xe007f),
  0xe0100,
]

describe('visibleText', () => {
  it('shows each control, format and invisible character by its number', () => {
    for (const code of hidden) {
      const character = code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code)
      expect(visibleText(`a${character}b`)).toBe(`a${notation(code)}b`)
    }
  })

  it.each([
    'plain text, größe, 漢字, Ελληνικά',
    'אבג العربية ٢٠٢٦',
    '👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 ✔️ ✔︎ 1️⃣ 🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    'می‌خواهم क्‍ष ශ්‍රී',
    '葛󠄀 葛󠄁',
    'col\tumn',
    '',
  ])('does not change %j', (text) => {
    expect(visibleText(text)).toBe(text)
  })

  it.each([
    ['admin\u202Egpj.exe', 'admin<U+202E>gpj.exe'],
    ['a\u200Db', 'a<U+200D>b'],
    ['a\uFE0Fb', 'a<U+FE0F>b'],
    ['😀\uFE0F\uFE0F\uFE0E', '😀\uFE0F<U+FE0F><U+FE0E>'],
    ['😀\u{E0061}\u{E0062}', '😀<U+E0061><U+E0062>'],
    ['🏴\u{E0067}\u{E0062}', '🏴<U+E0067><U+E0062>'],
    ['👩\u200D', '👩<U+200D>'],
    ['\0\0\0\0', '<U+0000×4>'],
    ['\u{E0041}\u{E0041}', '<U+E0041×2>'],
    ['one\ntwo\r\n', 'one↵two<U+000D>↵'],
    ['\n\n\n\n\n', '↵↵↵'],
    ['\ud83d', '<U+D83D>'],
  ])('%j is displayed as %j', (text, shown) => {
    expect(visibleText(text)).toBe(shown)
  })

  it('keeps line feeds in text of several lines', () => {
    expect(visibleText('one\n\ttwo\x1b', { lines: true })).toBe('one\n\ttwo<U+001B>')
  })

  it('leaves no hidden character, is idempotent, and has parts that contain the whole text', () => {
    const text = fc.string({ unit: 'binary' })
    const mixed = fc.array(fc.oneof(text, fc.constantFrom(...hidden.map((code) => String.fromCodePoint(code)))))
    fc.assert(
      fc.property(mixed, fc.boolean(), (parts, lines) => {
        const given = parts.join('')
        const shown = visibleText(given, { lines })
        expect(visibleText(shown, { lines })).toBe(shown)
        expect(shown).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\u061c]/)
        expect(
          visibleParts(given, { lines })
            .map((part) => part.hidden ?? part.text)
            .join(''),
        ).toBe(given)
      }),
    )
  })

  it('misses no hidden character in its fast check', () => {
    const odd = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
    const legible = new Set([0x09, ...range(0x600, 0x605), 0x6dd, 0x70f, 0x890, 0x891, 0x8e2, 0x110bd, 0x110cd])
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const character = String.fromCodePoint(code)
      if (odd.test(character) && !legible.has(code) && visibleText(character) === character) {
        throw new Error(`U+${code.toString(16)} is shown as it is`)
      }
    }
  })

  it('shows bytes of file names that are not UTF-8 by their number, and counts equal ones', () => {
    expect(visibleText('bad\uF7FF')).toBe('bad<FF>')
    expect(visibleText('\uF780\uF7E9')).toBe('<80><E9>')
    expect(visibleText('\uF7FF'.repeat(5))).toBe('<FF×5>')
  })
})
