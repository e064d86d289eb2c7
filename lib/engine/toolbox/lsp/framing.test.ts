import { expect, test } from 'vitest'
import { frame, MessageReader } from './framing'

const messages = [{ a: 1 }, { text: 'ä€😀'.repeat(50) }, [], 'x']
const bytes = Buffer.concat(messages.map(frame))

test.each([1, 2, 7, 64, bytes.length])('messages are found in chunks of %i bytes', (size) => {
  const reader = new MessageReader(10_000)
  const found: unknown[] = []
  for (let at = 0; at < bytes.length; at += size) found.push(...reader.read(bytes.subarray(at, at + size)))
  expect(found).toEqual(messages)
})

test('other headers and the case of names do not matter', () => {
  const text = 'content-type: x; charset=utf-8\r\ncontent-length:2\r\n\r\n{}Content-Length: 2\r\nA: b\r\n\r\n[]'
  expect(new MessageReader(100).read(Buffer.from(text))).toEqual([{}, []])
})

test.each([
  ['no header', 'x'.repeat(9000)],
  ['a long header', `A: ${'x'.repeat(9000)}\r\n\r\n`],
  ['a header without a length', 'A: b\r\n\r\n{}'],
  ['a length that is too large', 'Content-Length: 101\r\n\r\n'],
  ['a negative length', 'Content-Length: -1\r\n\r\n'],
  ['an empty message', 'Content-Length: 0\r\n\r\n'],
  ['a message that is not JSON', 'Content-Length: 2\r\n\r\n{]'],
])('%s is refused', (_what, text) => {
  expect(() => new MessageReader(100).read(Buffer.from(text))).toThrow()
})
