import { describe, expect, it } from 'vitest'
import { formatArguments, parseArguments } from './arguments'

const argv = (text: string) => {
  const parsed = parseArguments(text)
  return parsed.ok ? parsed.argv : parsed.message
}

describe('the arguments field', () => {
  it.each([
    ['', []],
    ['  one   two ', ['one', 'two']],
    ["'two words' x", ['two words', 'x']],
    [`"a \\"b\\"" 'c"d'`, ['a "b"', 'c"d']],
    [`'' ""`, ['', '']],
    ['a\\ b', ['a b']],
    ['"a\\\\\\n" x', ['a\\\\n', 'x']],
    ['a\\\\ b', ['a\\', 'b']],
    [`"\\n" '\\n'`, ['\\n', '\\n']],
    [`pre'fix'ed`, ['prefixed']],
    ['$HOME `x` *', ['$HOME', '`x`', '*']],
  ])('%j', (text, expected) => {
    expect(argv(text)).toEqual(expected)
  })

  it('names the quote that is not closed', () => {
    expect(argv("it's")).toBe("A ' in the arguments is not closed.")
    expect(argv('a\\')).toBe('The arguments end with a single backslash.')
  })

  it('parses formatted arguments back exactly', () => {
    const odd = ['plain', '', 'two words', "it's", '"quoted"', '$HOME', 'a\\b', 'line\nbreak', '--flag=1']
    expect(argv(formatArguments(odd))).toEqual(odd)
  })
})
