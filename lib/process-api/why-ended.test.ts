import { describe, expect, test } from 'vitest'
import { editDistance, exitCodeMeaning, explainEnd, missingCommand, similarCommand } from './why-ended'

const failed = { state: 'failed', reason: 'exited', language: 'shell', stderrEnd: '' } as const

describe('explainEnd', () => {
  test('says nothing about what did not fail', () => {
    expect(explainEnd({ ...failed, state: 'succeeded', exitCode: 0 })).toBeNull()
    expect(explainEnd({ ...failed, state: 'running', exitCode: null })).toBeNull()
    expect(explainEnd({ ...failed, state: 'lost', exitCode: null })).toBeNull()
  })

  test('names the missing command and a similar one', () => {
    const stderrEnd = '/usr/bin/bash: line 1: pyhton3: command not found\n'
    expect(explainEnd({ ...failed, exitCode: 127, stderrEnd })).toEqual({
      meaning: 'Exit code 127: shells end with it when a command was not found.',
      missing: { command: 'pyhton3', similar: 'python3' },
      lastLines: ['/usr/bin/bash: line 1: pyhton3: command not found'],
    })
  })

  test('does not apply the conventions of shells to other programs', () => {
    const explanation = explainEnd({ ...failed, language: 'python', exitCode: 127, stderrEnd: 'x: command not found' })
    expect(explanation).toMatchObject({ meaning: null, missing: null })
  })

  test('leaves the meaning of the exit code out where the state says it', () => {
    expect(explainEnd({ ...failed, state: 'killed', reason: 'signalled', exitCode: 137 })?.meaning).toBeNull()
  })

  test('keeps the last three lines that are not blank, each of limited length', () => {
    const stderrEnd = `one\ntwo\n\nthree\n${'x'.repeat(300)}\n\n`
    expect(explainEnd({ ...failed, exitCode: 1, stderrEnd })?.lastLines).toEqual(['two', 'three', 'x'.repeat(200)])
  })
})

test.each([
  [124, 'timeout(1)'],
  [126, 'could not be executed'],
  [127, 'was not found'],
  [130, 'SIGINT (128 + 2); Ctrl-C sends it'],
  [134, 'SIGABRT (128 + 6)'],
  [137, 'SIGKILL (128 + 9).'],
  [139, 'SIGSEGV (128 + 11)'],
  [141, 'SIGPIPE (128 + 13)'],
  [143, 'SIGTERM (128 + 15).'],
])('exit code %i has a meaning', (code, text) => {
  expect(exitCodeMeaning(code)).toContain(text)
})

test.each([null, 0, 1, 2, 3, 125, 128, 200, 255])('exit code %s has none', (code) => {
  expect(exitCodeMeaning(code)).toBeNull()
})

test.each([
  ['bash: line 2: gti: command not found', 'gti'],
  ['sh: 1: gti: not found', 'gti'],
  ['x\nbash: a: command not found\nbash: b: command not found\nmore', 'b'],
])('finds the missing command in %j', (text, command) => {
  expect(missingCommand(text)?.command).toBe(command)
})

test('finds no missing command in other messages', () => {
  expect(missingCommand('page not found\nerror: file not found in archive')).toBeNull()
})

test.each([
  ['gti', 'git'],
  ['pyhton3', 'python3'],
  ['kubeclt', 'kubectl'],
  ['sl', 'ls'],
  ['nmp', 'npm'],
  ['xyzzy', null],
  ['foo', null],
  ['git', null],
])('the command similar to %s is %s', (command, similar) => {
  expect(similarCommand(command)).toBe(similar)
})

test('counts an exchange of neighbours as one change', () => {
  expect(editDistance('gti', 'git')).toBe(1)
  expect(editDistance('', 'abc')).toBe(3)
  expect(editDistance('kitten', 'sitting')).toBe(3)
})
