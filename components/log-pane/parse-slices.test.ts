import { expect, it } from 'vitest'
import { parseSlices } from './parse-slices'

const encode = (text: string) => new TextEncoder().encode(text)
const sizes = (text: string) => [...parseSlices(encode(text))].map((slice) => slice.length)

it('does not split short output, and yields nothing for no output', () => {
  expect(sizes('one\ntwo')).toEqual([7])
  expect(sizes('')).toEqual([])
})

it('splits many lines at line ends, and long lines by size', () => {
  expect(sizes('y\n'.repeat(2_500))).toEqual([2_048, 2_048, 904])
  expect(sizes('x'.repeat(40_000))).toEqual([16_384, 16_384, 7_232])
})

it('neither loses nor changes bytes', () => {
  const text = Array.from(
    { length: 5_000 },
    (_, index) => `${'é'.repeat(index % 40)}${index % 7 === 0 ? '' : '\n'}`,
  ).join('')
  const slices = [...parseSlices(encode(text))]
  expect(Buffer.concat(slices).toString()).toBe(text)
})
