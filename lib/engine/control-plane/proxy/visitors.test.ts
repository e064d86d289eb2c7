import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { Visitors } from './visitors'

const refused = expect.objectContaining({ code: 'TOO_MANY_REQUESTS' })

test('one public preview leaves room for others, and all together have a limit, until requests end', () => {
  const visitors = new Visitors(4)
  const requests = Array.from({ length: 2 }, () => new EventEmitter())
  for (const request of requests) visitors.enter('a', request)
  expect(() => visitors.enter('a', new EventEmitter())).toThrow(refused)
  visitors.enter('b', new EventEmitter())
  visitors.enter('b', new EventEmitter())
  expect(() => visitors.enter('c', new EventEmitter())).toThrow(refused)
  requests[0]?.emit('close')
  visitors.enter('c', new EventEmitter())
})
