import { expect, test } from 'vitest'
import { subjectOf } from './subject'

test('ids, paths and code are stored, input and values are not', () => {
  const input = {
    target: 'local',
    sandboxId: 's1',
    sessionId: 'shell',
    command: 'echo hi',
    data: 'my password',
    env: { TOKEN: 'secret', A: 'b' },
    request: { code: 'print(1)', language: 'python', envs: { KEY: 'secret' }, stdin: 'secret' },
    somethingNew: 'secret',
    items: ['secret'],
    newline: true,
    none: undefined,
  }
  const subject = subjectOf(input, { code: true })
  expect(subject).toEqual({
    sessionId: 'shell',
    command: 'echo hi',
    data: '11 characters',
    env: ['A', 'TOKEN'],
    request: { code: 'print(1)', language: 'python', envs: ['KEY'], stdin: '6 characters' },
    somethingNew: '6 characters',
    items: '1 items',
  })
  expect(JSON.stringify(subject)).not.toContain('secret')
})

test('without code, only its size is stored', () => {
  expect(subjectOf({ command: 'echo hi', request: { code: 'print(1)' } }, { code: false })).toEqual({
    command: '7 characters',
    request: { code: '8 characters' },
  })
})

test('long fields are cut', () => {
  const { path, code } = subjectOf({ path: 'x'.repeat(9_000), code: 'y'.repeat(9_000) }, { code: true })
  expect(String(path)).toHaveLength(2_001)
  expect(String(code)).toHaveLength(2_001)
})

test.each([null, undefined, 'text', 7])('an input without fields has no subject: %j', (input) => {
  expect(subjectOf(input, { code: true })).toEqual({})
})
