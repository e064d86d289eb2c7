import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTable, separatorOf } from './csv'

test('quoted fields keep separators, line breaks and quotes', () => {
  expect(parseTable('a,"b,1"\r\n"x\ny","say ""hi"""\n', ',', 10)).toEqual([
    ['a', 'b,1'],
    ['x\ny', 'say "hi"'],
  ])
  expect(parseTable('a,\n,b\n', ',', 10)).toEqual([
    ['a', ''],
    ['', 'b'],
  ])
  expect(parseTable('a,', ',', 10)).toEqual([['a', '']])
  expect(parseTable('a\nb\nc', ',', 2)).toEqual([['a'], ['b']])
  expect(parseTable('"not closed', ',', 10)).toEqual([['not closed']])
})

test('a table that was written with quotes is read back', () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ') })
  const table = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { minLength: 1 })
  fc.assert(
    fc.property(table, (rows) => {
      const text = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join('\n')
      expect(parseTable(text, ',', Number.POSITIVE_INFINITY)).toEqual(rows)
    }),
  )
})

test('the separator is guessed from the first line', () => {
  expect(separatorOf('a.csv', 'a;b;c\n1,5;2;3')).toBe(';')
  expect(separatorOf('a.tsv', 'a,b')).toBe('\t')
})
