import { expect, test } from 'vitest'
import { titleOf } from './title'

test.each([
  ['echo hi', 'echo hi'],
  ['\n\n  \t\n   indented  \nmore', 'indented'],
  ['one\r\ntwo', 'one'],
  ['   ', ''],
  ['x'.repeat(500), 'x'.repeat(200)],
  ['😀'.repeat(300), '😀'.repeat(200)],
])('the title of %j', (text, title) => {
  expect(titleOf(text)).toBe(title)
})
