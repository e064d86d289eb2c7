import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ConnectionFile } from '@/lib/settings/connection-file'
import { TargetRegistry } from './registry'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'registry-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('finds the local target while the console has not completed the file', () => {
  new ConnectionFile(folder, 'engine.json').merge({ apiUrl: 'http://127.0.0.1:1/api', apiKey: 'k' })
  expect(new TargetRegistry(folder).resolve('local').apiUrl).toBe('http://127.0.0.1:1/api')
})

it('finds the local target once the engine has written its address, and again after it moved', () => {
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
