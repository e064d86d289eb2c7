import { expect, test } from 'vitest'
import { atDraft, historyOf, stepHistory } from './command-history'

const history = historyOf(['ls', 'make', 'make', 'npm test'].map((command) => ({ command })))

test('is newest first and skips repeats', () => {
  expect(history).toEqual(['npm test', 'make', 'ls'])
})

test('goes back, and forward again to the line being typed', () => {
  const first = stepHistory(history, atDraft, 'git st', 1)
  expect(first?.text).toBe('npm test')
  const second = first && stepHistory(history, first.position, first.text, 1)
  expect(second?.text).toBe('make')
  const forward = second && stepHistory(history, second.position, second.text, -1)
  expect(forward?.text).toBe('npm test')
  expect(forward && stepHistory(history, forward.position, forward.text, -1)?.text).toBe('git st')
})

test('stops at both ends', () => {
  expect(stepHistory(history, atDraft, '', -1)).toBeNull()
  expect(stepHistory([], atDraft, '', 1)).toBeNull()
  expect(stepHistory(history, { back: 3, draft: '' }, 'ls', 1)).toBeNull()
})
