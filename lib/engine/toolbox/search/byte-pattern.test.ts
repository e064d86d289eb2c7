import { expect, test } from 'vitest'
import { BytePattern } from './byte-pattern'

const any = () => true

function occurrences(text: string, pattern: string): number[] {
  const found: number[] = []
  for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) found.push(at)
  return found
}

/** The same sequence each time. */
function randomText(seed: number, letters: string, length: number): string {
  let state = seed + 1
  let text = ''
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647
    text += letters[state % letters.length]
  }
  return text
}

test('finds every match that a plain search finds, including overlapping ones', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const text = randomText(seed, 'ab', 400)
    const pattern = randomText(seed + 1000, 'ab', 1 + (seed % 9))
    const expected = occurrences(text, pattern)
    const visited: number[] = []
    const bytes = Buffer.from(text)
    const found = new BytePattern(Buffer.from(pattern))
    found.last(bytes, 0, bytes.length, (index) => visited.push(index) > 0)
    expect(visited).toEqual(expected)
    const [from, to] = [seed % 50, 200]
    const within = expected.filter((index) => index >= from && index < to)
    expect(found.first(bytes, from, to)).toBe(within[0] ?? -1)
    expect(found.last(bytes, from, to, any)).toBe(within.at(-1) ?? -1)
  }
})

test('finds patterns longer than the probe, and rejects text that only starts alike', () => {
  const pattern = new BytePattern(Buffer.from('ab'.repeat(300)))
  const almost = `${'ab'.repeat(299)}aa`
  const bytes = Buffer.from(almost + 'ab'.repeat(300))
  expect(pattern.first(bytes)).toBe(almost.length)
  expect(pattern.matches(Buffer.from(almost))).toBe(false)
})

test('ignores the case of ASCII letters and of no other bytes', () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const text = randomText(seed, 'aAbB', 300)
    const pattern = randomText(seed + 7, 'aAbB', 1 + (seed % 6))
    const [first = -1] = occurrences(text.toLowerCase(), pattern.toLowerCase())
    expect(new BytePattern(Buffer.from(pattern), true).first(Buffer.from(text))).toBe(first)
  }
  const pattern = new BytePattern(Buffer.from([0xe3, 0x5b]), true)
  expect(pattern.first(Buffer.from([0xc3, 0x5b, 0xe3, 0x7b, 0xe3, 0x5b]))).toBe(4)
})

test('visits each match once', () => {
  const bytes = Buffer.alloc(5000, 'a')
  let asked = 0
  const refuse = () => {
    asked += 1
    return false
  }
  expect(new BytePattern(Buffer.alloc(1000, 'a')).first(bytes, 0, bytes.length, refuse)).toBe(-1)
  expect(asked).toBe(4001)
})
