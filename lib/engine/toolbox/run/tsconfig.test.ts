/** The toolbox reads tsconfig.json files that sandboxed code has written. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compilerOptionsIn } from './typescript'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-tsconfig-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, content: string | object) =>
  writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))

test('options are inherited, and comments and trailing commas are allowed', () => {
  write('base.json', { compilerOptions: { strict: true, target: 'es2020' } })
  write(
    'tsconfig.json',
    '\ufeff{ // "a"\n "extends": "./base", /* , */ "compilerOptions": { "target": "es2022", "jsxFactory": "a,]//b", } /**/ , }',
  )
  expect(compilerOptionsIn(folder)).toEqual({ strict: true, target: 'es2022', jsxFactory: 'a,]//b' })
})

test('files that extend each other over and over are read once', () => {
  for (let level = 0; level < 19; level += 1) {
    const next = level === 18 ? [] : Array.from({ length: 8 }, () => `./level-${level + 1}`)
    write(`level-${level}.json`, { extends: next, compilerOptions: level === 18 ? { target: 'es2021' } : {} })
  }
  write('tsconfig.json', { extends: './level-0' })
  expect(compilerOptionsIn(folder)).toEqual({ target: 'es2021' })
})

test.each([
  ['a circle', { extends: './tsconfig.json' }, 'extends itself'],
  ['a long list', { extends: Array.from({ length: 60 }, () => './tsconfig.json') }, 'extends too many files'],
  ['comments that are not closed', '/* '.repeat(80_000), 'is not valid'],
  ['strings that are not closed', '"\\'.repeat(100_000), 'is not valid'],
  ['a large file', ' '.repeat(300_000), 'is too large'],
])('%s is refused', (_, content, problem) => {
  write('tsconfig.json', content)
  expect(() => compilerOptionsIn(folder)).toThrow(problem)
})

test('a chain of more files than may be read is refused', () => {
  for (let level = 0; level < 60; level += 1) write(`level-${level}.json`, { extends: `./level-${level + 1}` })
  write('tsconfig.json', { extends: './level-0' })
  expect(() => compilerOptionsIn(folder)).toThrow('too many files')
})
