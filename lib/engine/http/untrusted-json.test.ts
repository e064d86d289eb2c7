import { expect, test } from 'vitest'
import { parseUntrustedJson } from './untrusted-json'

const parse = (text: string) => parseUntrustedJson(Buffer.from(text))

test('parses any JSON, however long its strings are', () => {
  const value = { text: '[{"ä😀\\'.repeat(500_000), numbers: [1, 2] }
  expect(JSON.stringify(parse(JSON.stringify(value)))).toBe(JSON.stringify(value))
  expect(() => parse('{]')).toThrow(SyntaxError)
})

test.each(['{}', '[]', '""', '{"":0}'])('refuses millions of %s before they take memory', (item) => {
  const text = `[${`${item},`.repeat(2_000_000)}${item}]`
  expect(() => parse(text)).toThrow('too many values')
})
