import { execFileSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readOwnFile, replaceFile, StateFileError, StateFolder } from './files'

let root: string
let victim: string

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'sandglass-state-files-'))
  victim = path.join(root, 'victim')
  writeFileSync(victim, 'secret')
  mkdirSync(path.join(root, 'state'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

const open = (readOnly = false) => StateFolder.open(path.join(root, 'state'), null, readOnly)

describe('names', () => {
  test.each(['..', '.', '', 'a/b', '../victim', 'a\0b', '-x', '.hidden', 'x'.repeat(200), 'a b', 'é'])(
    'a file called %j does not exist',
    (name) => {
      expect(() => open().file(name)).toThrow(StateFileError)
      expect(() => open().folder(name)).toThrow(StateFileError)
    },
  )

  test('stay relative where the folder is', () => {
    const before = process.cwd()
    const relative = path.relative(before, path.join(root, 'state'))
    const file = StateFolder.open(relative, null, false).folder('runs').file('a.data')
    expect(file.path).toBe(path.join(relative, 'runs', 'a.data'))
    expect(file.location).toBe('runs/a.data')
  })
})

describe('a file that is not ours', () => {
  const kinds: Record<string, (file: string) => unknown> = {
    'a link': (file) => symlinkSync(victim, file),
    'a dangling link': (file) => symlinkSync(`${victim}-not-there`, file),
    'a FIFO': (file) => execFileSync('mkfifo', [file]),
    'a folder': (file) => mkdirSync(file),
    'a second name': (file) => linkSync(victim, file),
  }

  test.each(Object.keys(kinds))('%s is neither read nor appended to, and is replaced instead of followed', (kind) => {
    const file = open().file('f')
    kinds[kind]?.(file.path)
    expect(() => file.openToRead()).toThrow(StateFileError)
    expect(() => file.read(100)).toThrow(StateFileError)
    expect(file.size()).toBe(0)
    expect(() => file.openToAppend()).toThrow(StateFileError)
    file.setAside('is not ours')
    file.replace('ours')
    expect(file.read(100).toString()).toBe('ours')
    expect(readFileSync(victim, 'utf8')).toBe('secret')
    expect(readdirSync(root).sort()).toEqual(['state', 'victim'])
  })

  test('a new file replaces a link under its name without following it', () => {
    symlinkSync(victim, path.join(root, 'state', 'f'))
    const descriptor = open().file('f').create()
    writeFileSync(descriptor, 'new')
    expect(readFileSync(victim, 'utf8')).toBe('secret')
    expect(readFileSync(path.join(root, 'state', 'f'), 'utf8')).toBe('new')
    expect(statSync(path.join(root, 'state', 'f')).mode & 0o777).toBe(0o600)
  })

  test('a file that is too long is not read', () => {
    writeFileSync(path.join(root, 'state', 'f'), '')
    truncateSync(path.join(root, 'state', 'f'), 2 ** 40)
    expect(() => open().file('f').read(1000)).toThrow(/longer than 1000 bytes/)
  })

  test('a folder that is a link counts as empty, and a writer sets it aside', () => {
    mkdirSync(path.join(root, 'elsewhere'))
    writeFileSync(path.join(root, 'elsewhere', 'f'), 'secret')
    symlinkSync(path.join(root, 'elsewhere'), path.join(root, 'state', 'runs'))
    expect(open(true).folder('runs').names()).toEqual([])
    expect(() => open(true).folder('runs').file('f').openToRead()).toThrow(/is a link/)
    expect(() => open(true).folder('runs').folder('deeper').file('f').openToRead()).toThrow(/is a link/)
    const runs = open().folder('runs')
    runs.make()
    runs.file('f').replace('ours')
    expect(readdirSync(path.join(root, 'elsewhere'))).toEqual(['f'])
    expect(readFileSync(path.join(root, 'elsewhere', 'f'), 'utf8')).toBe('secret')
  })

  test('the state folder itself is not a link', () => {
    symlinkSync(path.join(root, 'state'), path.join(root, 'other'))
    expect(() => StateFolder.open(path.join(root, 'other'), null, true)).toThrow(StateFileError)
  })
})

describe('the engine’s own files', () => {
  test('are replaced atomically, even if a link has the name of the draft', () => {
    const file = path.join(root, 'own.json')
    symlinkSync(victim, `${file}.new`)
    replaceFile(file, 'one')
    replaceFile(file, 'two')
    expect(readOwnFile(file, 100).toString()).toBe('two')
    expect(readFileSync(victim, 'utf8')).toBe('secret')
    expect(readdirSync(root).sort()).toEqual(['own.json', 'state', 'victim'])
  })

  test('are not read through a link', () => {
    symlinkSync(victim, path.join(root, 'own.json'))
    expect(() => readOwnFile(path.join(root, 'own.json'), 100)).toThrow(/is a link/)
  })

  test('keep their old content if a write fails', () => {
    const file = path.join(root, 'own.json')
    replaceFile(file, 'one')
    const full = () => {
      throw new Error('no room')
    }
    expect(() => replaceFile(file, 'two', full)).toThrow('no room')
    expect(readOwnFile(file, 100).toString()).toBe('one')
    expect(readdirSync(root).sort()).toEqual(['own.json', 'state', 'victim'])
  })
})
