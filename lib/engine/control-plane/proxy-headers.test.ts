import { expect, test } from 'vitest'
import { requestHeaders, responseHeaders } from './proxy-headers'

test('credentials and headers of one hop stay behind; the rest keeps its case, order and repetition', () => {
  const raw = [
    ...['Host', 'localhost:3986', 'Authorization', 'Bearer key', 'X-Daytona-Preview-Token', 'token', 'Cookie', 'a=b'],
    ...['Connection', 'keep-alive, X-Only-Here', 'X-Only-Here', '1', 'Keep-Alive', 'timeout=5', 'TE', 'trailers'],
    ...['X-Daytona-Source', 'sdk-python', 'Accept', 'a', 'accept', 'b', 'Content-Length', '3'],
  ]
  expect(requestHeaders(raw, { upgrade: false })).toEqual([
    ['X-Daytona-Source', 'sdk-python'],
    ['Accept', 'a'],
    ['accept', 'b'],
    ['Content-Length', '3'],
    ['Host', 'toolbox'],
  ])
})

test('a body of unknown length stays one', () => {
  expect(requestHeaders(['Transfer-Encoding', 'chunked'], { upgrade: false })).toContainEqual([
    'Transfer-Encoding',
    'chunked',
  ])
})

test('an upgrade keeps what makes it one, and every offered subprotocol line', () => {
  const raw = [
    'Connection',
    'Upgrade',
    'Upgrade',
    'websocket',
    'Sec-WebSocket-Protocol',
    'a',
    'Sec-WebSocket-Protocol',
    'b',
  ]
  const kept = requestHeaders([...raw, 'Authorization', 'Bearer key'], { upgrade: true })
  expect(kept.flat()).toEqual([...raw, 'Host', 'toolbox'])
})

test.each([
  ['/files/', '/toolbox/id/files/'],
  ['/toolbox/id/files', '/toolbox/id/files'],
  ['https://example.org/x', 'https://example.org/x'],
  ['//example.org/x', '//example.org/x'],
])('a redirect to %s leads to %s', (location, seen) => {
  expect(responseHeaders(['Location', location], '/toolbox/id')).toEqual([['Location', seen]])
})
