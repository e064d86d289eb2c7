import { expect, test } from 'vitest'
import { placeOf, placePath } from './session-place'

test('a place survives its address', () => {
  const place = { sessionId: 'a:b@c+d~1', commandId: '0190f2c0-0000-7000-8000-000000000000' }
  expect(placeOf(placePath('local', 'box', place))).toEqual(place)
})

test('each depth has its own address', () => {
  expect(placePath('local', 'box', { sessionId: null, commandId: null })).toBe('/sandboxes/box/sessions')
  expect(placePath('local', 'box', { sessionId: 'build', commandId: null })).toBe('/sandboxes/box/sessions/build')
  expect(placeOf('/sandboxes/box/sessions')).toEqual({ sessionId: null, commandId: null })
  expect(placeOf('/sandboxes/box/sessions/build/')).toEqual({ sessionId: 'build', commandId: null })
})

test('another target is part of the address', () => {
  const place = { sessionId: 'build', commandId: null }
  expect(placePath('staging', 'box', place)).toBe('/targets/staging/sandboxes/box/sessions/build')
  expect(placeOf('/targets/staging/sandboxes/box/sessions/build')).toEqual(place)
})

test('an address that cannot be decoded names nothing instead of breaking the page', () => {
  expect(placeOf('/sandboxes/box/sessions/100%')).toEqual({ sessionId: '100%', commandId: null })
})
