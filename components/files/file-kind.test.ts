import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeText, encodedText, hexRows, imageType, isTable, languageOf } from './file-kind'

const bytesOf = (text: string) => new TextEncoder().encode(text)

test('every text without a lone carriage return is saved as it was read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const decoded = decodeText(bytesOf(text), true)
      if (text.includes('\0')) expect(decoded).toBeNull()
      else if (decoded && !decoded.mixed) expect(encodedText(decoded.text, decoded.crlf)).toBe(text)
    }),
  )
})

test('line ends and the byte order mark are kept', () => {
  expect(decodeText(bytesOf('a\r\nb\r\n'), true)).toEqual({ text: 'a\nb\n', crlf: true, mixed: false })
  expect(decodeText(bytesOf('a\r\nb\n'), true)).toMatchObject({ mixed: true })
  expect(decodeText(bytesOf('a\rb'), true)).toMatchObject({ mixed: true })
  expect(decodeText(bytesOf('\uFEFFa'), true)?.text).toBe('\uFEFFa')
})

test('a NUL and invalid UTF-8 make a file binary, a character that is cut off does not', () => {
  expect(decodeText(Uint8Array.of(0x61, 0), true)).toBeNull()
  expect(decodeText(Uint8Array.of(0xff), true)).toBeNull()
  expect(decodeText(Uint8Array.of(0x61, 0xe2, 0x82), true)).toBeNull()
  expect(decodeText(Uint8Array.of(0x61, 0xe2, 0x82), false)?.text).toBe('a')
})

test('names decide about images, tables and languages', () => {
  expect(imageType('a.PNG')).toBe('image/png')
  expect(imageType('png')).toBeNull()
  expect(isTable('a.tsv')).toBe(true)
  expect(languageOf('x.test.ts')).toBe('typescript')
  expect(languageOf('Makefile')).toBe('text')
})

test('bytes as hexadecimal', () => {
  expect(hexRows(bytesOf('Hi\n'))).toEqual([{ offset: '00000000', hex: '48 69 0a', ascii: 'Hi.' }])
  expect(hexRows(new Uint8Array(17))).toHaveLength(2)
})
