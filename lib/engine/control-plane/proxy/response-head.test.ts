import { expect, test } from 'vitest'
import { readResponseHead } from './response-head'

const read = (text: string) => readResponseHead(Buffer.from(text, 'latin1'))

test('a head is read once it is complete', () => {
  const head = 'HTTP/1.1 206 Partial Content\r\nContent-Length: 12\r\nX: a: b \r\nempty:\r\n\r\n'
  for (let length = 0; length < head.length; length += 1) expect(read(head.slice(0, length))).toBeNull()
  expect(read(`${head}body`)).toEqual({
    statusCode: 206,
    rawHeaders: ['Content-Length', '12', 'X', 'a: b', 'empty', ''],
    contentLength: 12,
    length: head.length,
  })
  expect(read('HTTP/1.1 100 Continue\r\n\r\n')).toMatchObject({ statusCode: 100, length: 25 })
})

test('a head without a definite length, or with two, is invalid', () => {
  for (const headers of [
    '',
    'transfer-encoding: chunked\r\ncontent-length: 3\r\n',
    'content-length: 3\r\nContent-Length: 3\r\n',
    'content-length: +3\r\n',
    'content-length: 3, 3\r\n',
    'content-length : 3\r\n',
    ' content-length: 3\r\n',
  ]) {
    expect(() => read(`HTTP/1.1 200 OK\r\n${headers}\r\n`), headers).toThrow()
  }
  expect(() => read('HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\n')).toThrow()
})
