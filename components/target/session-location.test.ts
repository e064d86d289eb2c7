import { expect, test } from 'vitest'
import { sessionLocationOf, sessionPath } from './session-location'

test('a location survives its address', () => {
  const location = { sessionId: 'a:b@c+d~1', commandId: '0190f2c0-0000-7000-8000-000000000000' }
  expect(sessionLocationOf(sessionPath('local', 'box', location))).toEqual(location)
})

test('the list, a session and a command each have an address', () => {
  expect(sessionPath('local', 'box', { sessionId: null, commandId: null })).toBe('/sandboxes/box/sessions')
  expect(sessionPath('local', 'box', { sessionId: 'build', commandId: null })).toBe('/sandboxes/box/sessions/build')
  expect(sessionLocationOf('/sandboxes/box/sessions')).toEqual({ sessionId: null, commandId: null })
  expect(sessionLocationOf('/sandboxes/box/sessions/build/')).toEqual({ sessionId: 'build', commandId: null })
})

test('another target is part of the address', () => {
  const location = { sessionId: 'build', commandId: null }
  expect(sessionPath('staging', 'box', location)).toBe('/targets/staging/sandboxes/box/sessions/build')
  expect(sessionLocationOf('/targets/staging/sandboxes/box/sessions/build')).toEqual(location)
})

test('a segment that cannot be decoded is returned unchanged instead of breaking the page', () => {
  expect(sessionLocationOf('/sandboxes/box/sessions/100%')).toEqual({ sessionId: '100%', commandId: null })
})
