import { expect, test } from 'vitest'
import { toolboxHeaders } from './proxy-headers'

const rules = toolboxHeaders('/toolbox/id')

test('credentials and hop-by-hop headers are removed; the rest keeps case, order and repetition', () => {
  const raw = [
    ...['Host', 'localhost:3986', 'Authorization', 'Bearer key', 'X-Daytona-Preview-Token', 'token', 'Cookie', 'a=b'],
    ...['Connection', 'keep-alive, X-Only-Here', 'X-Only-Here', '1', 'Keep-Alive', 'timeout=5', 'TE', 'trailers'],
    ...['X-Daytona-Source', 'sdk-python', 'Accept', 'a', 'accept', 'b', 'Content-Length', '3'],
  ]
  expect(rules.toToolbox(raw, false)).toEqual([
    ['X-Daytona-Source', 'sdk-python'],
    ['Accept', 'a'],
    ['accept', 'b'],
    ['Content-Length', '3'],
    ['Host', 'toolbox'],
  ])
})

test('a body of unknown length stays chunked', () => {
  expect(rules.toToolbox(['Transfer-Encoding', 'chunked'], false)).toContainEqual(['Transfer-Encoding', 'chunked'])
})

test('a client cannot remove the content length by declaring it hop-by-hop', () => {
  const raw = ['Connection', 'content-length', 'Content-Length', '3']
  expect(rules.toToolbox(raw, false)).toContainEqual(['Content-Length', '3'])
})

test('an upgrade keeps its own headers and every offered subprotocol', () => {
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
  const forwarded = rules.toToolbox([...raw, 'Authorization', 'Bearer key'], true)
  expect(forwarded.flat()).toEqual([...raw, 'Host', 'toolbox'])
})

test.each([
  ['/files/', '/toolbox/id/files/'],
  ['/toolbox/id/files', '/toolbox/id/files'],
  ['https://example.org/x', 'https://example.org/x'],
  ['//example.org/x', '//example.org/x'],
])('a redirect to %s becomes %s', (location, seen) => {
  expect(rules.toClient(['Location', location], false)).toEqual([['Location', seen]])
})
