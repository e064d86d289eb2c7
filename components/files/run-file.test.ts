import { expect, test } from 'vitest'
import { runRequest } from './run-file'

test('Python and JavaScript run in their folder, whatever its name', () => {
  expect(runRequest("/it's/a b.py", '')).toEqual({
    kind: 'command',
    command: `cd '/it'\\''s' && python3 './a b.py'`,
  })
  expect(runRequest('/x/m.mjs', '')).toMatchObject({ command: 'cd /x && node ./m.mjs' })
})

test('TypeScript runs as code, other files do not run', () => {
  expect(runRequest('/x/a.ts', 'let a = 1')).toEqual({ kind: 'code', language: 'typescript', code: 'let a = 1' })
  expect(runRequest('/x/a.ts', '')).toBeNull()
  expect(runRequest('/x/a.txt', 'a')).toBeNull()
})
