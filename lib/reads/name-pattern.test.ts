import { expect, test } from 'vitest'
import { namePattern } from './name-pattern'

test('a text matches anywhere in a name and in either case, a pattern stays as it is', () => {
  expect(namePattern('Read me')).toBe('*[rR][eE][aA][dD] [mM][eE]*')
  expect(namePattern('a\\1')).toBe('*[aA]\\\\1*')
  expect(namePattern('ß漢')).toBe('*ß漢*')
  expect(namePattern('*.ts')).toBe('*.ts')
})
