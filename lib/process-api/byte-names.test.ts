import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemPath, textOfName } from './byte-names'

const bytesOf = (text: string) => Buffer.from(systemPath(text))

test('ordinary names stay as they are', () => {
  for (const name of ['a.txt', 'ünï/漢字 🎉', 'a\uFFFDb', '']) {
    expect(textOfName(Buffer.from(name))).toBe(name)
    expect(systemPath(name)).toBe(name)
  }
})

test('bytes that are not UTF-8 stand as characters of their own', () => {
  expect(textOfName(Buffer.of(0x62, 0xff, 0x61))).toBe('b\uF7FFa')
  // A truncated character, a surrogate, an overlong form.
  expect(textOfName(Buffer.of(0xe6, 0xbc))).toBe('\uF7E6\uF7BC')
  expect(textOfName(Buffer.of(0xed, 0xa0, 0x80))).toBe('\uF7ED\uF7A0\uF780')
  expect(textOfName(Buffer.of(0xc0, 0xaf))).toBe('\uF7C0\uF7AF')
  // The escapes themselves.
  expect(textOfName(Buffer.from('\uF7FF'))).toBe('\uF7EF\uF79F\uF7BF')
})

test('every name comes back as the same bytes, and no two names are the same text', () => {
  const byte = fc.oneof(fc.integer({ min: 0x80, max: 0xff }), fc.integer({ min: 1, max: 0x7f }))
  const name = fc.oneof(
    fc.array(byte, { maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'binary', maxLength: 8 }).map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(name, (bytes) => {
      expect(bytesOf(textOfName(bytes))).toEqual(bytes)
    }),
    { numRuns: 5_000 },
  )
})
