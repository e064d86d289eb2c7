/** The checklist is whole: every number has one test, here and nowhere else. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

it('every number of the checklist from 1 to 94 is the name of one test', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'))
  const text = files.map((name) => readFileSync(path.join(import.meta.dirname, name), 'utf8')).join('\n')
  const numbers = [...text.matchAll(/^ *it\('(\d+) /gm)].map(([, number]) => Number(number))
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 94 }, (_, index) => index + 1))
})
