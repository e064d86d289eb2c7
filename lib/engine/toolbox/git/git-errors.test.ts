import { expect, test } from 'vitest'
import { gitError } from './git-errors'

test('finds the reason at the beginning and at the end of a long output', () => {
  const long = 'x\n'.repeat(1_000_000)
  const reason = "fatal: repository 'a' does not exist"
  for (const stderr of [`${reason}\n${long}`, `${long}${reason}`]) {
    expect(gitError({ exitCode: 128, stdout: '', stderr })).toMatchObject({ code: 'GIT_REPO_NOT_FOUND' })
  }
})

// A server can print anything. Searched as a whole, this takes hours.
test('is not held up by a long line in which a pattern begins again and again', () => {
  const error = gitError({ exitCode: 1, stdout: '', stderr: `remote: ${'Remote branch '.repeat(1_000_000)}` })
  expect(error.code).toBe('BAD_REQUEST')
  expect(error.message.length).toBeLessThanOrEqual(2_000)
})
