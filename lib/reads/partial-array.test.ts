import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partialArray } from './partial-array'

test('a complete array is returned whole, also inside an object', () => {
  expect(partialArray('{"files":["a","b"]}')).toEqual({ items: ['a', 'b'], whole: true })
  expect(partialArray('[]')).toEqual({ items: [], whole: true })
  expect(partialArray('')).toEqual({ items: [], whole: false })
})

test('an array that is cut off anywhere has the elements before the cut', () => {
  const element = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.record({ file: fc.string(), line: fc.nat(), tags: fc.array(fc.string()) }),
  )
  fc.assert(
    fc.property(fc.array(element, { minLength: 1 }), fc.nat(), (all, seed) => {
      const text = JSON.stringify(all)
      const { items, whole } = partialArray(text.slice(0, seed % text.length))
      expect(whole).toBe(false)
      expect(items).toEqual(JSON.parse(JSON.stringify(all.slice(0, items.length))))
    }),
  )
})
