import { describe, expect, test } from 'vitest'
import { lineCount, needsConfirmation, pastedText } from './paste'

describe('pasted text', () => {
  test('has one carriage return for each line break', () => {
    expect(pastedText('a\nb\r\nc\rd', false)).toBe('a\rb\rc\rd')
  })

  test('cannot end bracketed paste or press keys', () => {
    expect(pastedText('x\x1b[201~rm -rf .\n', true)).toBe('\x1b[200~x\u241b[201~rm -rf .\r\x1b[201~')
  })

  test('is confirmed when it contains a line break', () => {
    expect(needsConfirmation('ls -l')).toBe(false)
    expect(needsConfirmation('ls\n')).toBe(true)
    expect(lineCount('ls\n')).toBe(1)
    expect(lineCount('ls\r\npwd')).toBe(2)
  })
})
