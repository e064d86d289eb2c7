import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ConnectionFile } from '@/lib/settings/connection-file'
import { TargetRegistry } from './registry'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'connection-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('keeps what others wrote, and takes out only what it is told to', () => {
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

it('is for its owner alone and leaves no draft behind', () => {
  const file = new ConnectionFile(folder)
  file.merge({ consoleUrl: 'http://c' })
  expect(statSync(file.path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['connection.json'])
})

it('reads nothing out of a file that is missing or broken', () => {
  const file = new ConnectionFile(folder)
  expect(file.read()).toEqual({})
  writeFileSync(file.path, '{"apiUrl":')
  expect(file.read()).toEqual({})
})

it('lets the local target appear and move', () => {
  const registry = new TargetRegistry(folder)
  const code = () => {
    try {
      return registry.resolve('local').apiUrl
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error
    }
  }
  expect(code()).toBe('TARGET_UNREACHABLE')
  const file = new ConnectionFile(folder)
  file.merge({ apiUrl: 'http://127.0.0.1:1/api/', apiKey: 'k', toolboxUrl: 'http://127.0.0.1:1/toolbox' })
  expect(code()).toBe('http://127.0.0.1:1/api')
  file.merge({ apiUrl: 'http://127.0.0.1:22/api' })
  expect(code()).toBe('http://127.0.0.1:22/api')
  expect(() => registry.resolve('elsewhere')).toThrow(expect.objectContaining({ code: 'TARGET_UNKNOWN' }))
})
