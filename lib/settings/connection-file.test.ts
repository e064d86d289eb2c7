import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ConnectionFile } from './connection-file'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'connection-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('keeps the keys of other writers and removes only the keys it is given', () => {
  const engine = new ConnectionFile(folder)
  const console = new ConnectionFile(folder)
  engine.merge({ apiUrl: 'http://127.0.0.1:1/api', apiKey: 'k', other: 1 })
  console.merge({ consoleUrl: 'http://c', signInUrl: 'http://s' })
  expect(engine.read()).toEqual({
    apiUrl: 'http://127.0.0.1:1/api',
    apiKey: 'k',
    other: 1,
    consoleUrl: 'http://c',
    signInUrl: 'http://s',
  })
  console.merge({ consoleUrl: undefined, signInUrl: undefined })
  expect(engine.read()).toEqual({ apiUrl: 'http://127.0.0.1:1/api', apiKey: 'k', other: 1 })
})

it('is readable by its owner only and leaves no temporary file behind', () => {
  const file = new ConnectionFile(folder)
  file.merge({ consoleUrl: 'http://c' })
  expect(statSync(file.path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['connection.json'])
})

it('reads a missing or broken file as empty', () => {
  const file = new ConnectionFile(folder)
  expect(file.read()).toEqual({})
  writeFileSync(file.path, '{"apiUrl":')
  expect(file.read()).toEqual({})
})
