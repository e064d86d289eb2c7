import { describe, expect, it } from 'vitest'
import {
  crashed,
  line,
  notRun,
  sum,
  summary,
  tallyOfAttacks,
  tallyOfChecks,
  tallyOfPlaywright,
  tallyOfPython,
  tallyOfVitest,
} from './tally.mjs'

const vitest = (over: object) => ({ numPassedTests: 3, numFailedTests: 0, testResults: [], ...over })

describe('a suite', () => {
  it('counts what passed', () => {
    expect(tallyOfVitest(vitest({}), 0)).toMatchObject({ passed: 3, failed: 0 })
    expect(tallyOfPlaywright({ stats: { expected: 2, unexpected: 0, flaky: 0, skipped: 0 } }, 0)).toMatchObject({
      passed: 2,
      failed: 0,
    })
  })

  it('has failed when its runner crashed after green tests', () => {
    expect(tallyOfVitest(vitest({}), 1)).toMatchObject({ passed: 3, failed: 1 })
  })

  it('has failed when it left no report', () => {
    expect(tallyOfVitest(null, 1).failed).toBe(1)
    expect(tallyOfPlaywright(null, 0).failed).toBe(1)
  })

  it('has failed when it ran nothing', () => {
    expect(tallyOfVitest(vitest({ numPassedTests: 0 }), 0).failed).toBe(1)
  })

  it('has failed once for each file that did not load', () => {
    const report = vitest({ testResults: [{ status: 'failed', assertionResults: [] }] })
    expect(tallyOfVitest(report, 1)).toMatchObject({ passed: 3, failed: 1 })
  })

  it('tells what could not be run apart from what passed and failed', () => {
    const report = { passed: 5, failed: 0, notRun: ['charts: no matplotlib'] }
    expect(tallyOfPython(report, 0)).toMatchObject({
      passed: 5,
      failed: 0,
      skipped: 1,
      problems: ['not run: charts: no matplotlib'],
    })
    expect(tallyOfPython(null, 1).failed).toBe(1)
    expect(line({ name: 'python', ...notRun('no package index') })).toBe('python       not run: no package index')
    expect(sum([notRun('no package index')])).toEqual({ passed: 0, failed: 0, skipped: 0 })
  })

  it('counts attacks that held as passed, and names those that did not and those that were not run', () => {
    const verdicts = [
      { setup: 'root', attack: 'signals', breaches: [] },
      { setup: 'root', attack: 'copies', breaches: ['a key was read', 'and a note'] },
    ]
    expect(tallyOfAttacks({ verdicts, skippedSetups: ['network: no ip'] }, 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
      failures: ['root > copies: a key was read'],
      problems: ['not run: network: no ip'],
    })
    expect(tallyOfAttacks({ verdicts: [], skippedSetups: ['root: it needs root'] }, 1).notRun).toBe(
      'root: it needs root',
    )
    expect(tallyOfAttacks({ verdicts: [], skippedSetups: [] }, 1).failed).toBe(1)
    expect(tallyOfAttacks(null, 1).failed).toBe(1)
  })

  it('has passed when a test needed a second attempt', () => {
    expect(tallyOfPlaywright({ stats: { expected: 1, flaky: 1 } }, 0)).toMatchObject({ passed: 2, failed: 0 })
  })
})

describe('the end of a run', () => {
  const passed = { name: 'check', passed: 4, failed: 0, skipped: 0, failures: [] }

  it('is the count, which names skipped tests only when there are some', () => {
    expect(summary([passed])).toEqual(['check        4 passed, 0 failed', '4 passed, 0 failed'])
    expect(summary([{ ...passed, skipped: 2 }]).at(-1)).toBe('4 passed, 0 failed, 2 skipped')
    expect(summary([passed, { name: 'unit', ...crashed('x') }]).at(-1)).toBe('4 passed, 1 failed')
  })

  it('names each failed test of vitest, with its file and the first line of its error', () => {
    const assertionResults = [
      {
        fullName: 'a log keeps its order',
        status: 'failed',
        failureMessages: ['\x1b[31mAssertionError: 1\x1b[39m\n  at x'],
      },
      { fullName: 'a log ends', status: 'passed', failureMessages: [] },
    ]
    const testResults = [
      { name: '/checkout/lib/log.test.ts', status: 'failed', assertionResults },
      { name: '/checkout/lib/broken.test.ts', status: 'failed', message: '\nCannot find module', assertionResults: [] },
    ]
    const tally = tallyOfVitest(vitest({ numFailedTests: 1, testResults }), 1, '/checkout')
    expect(tally.failed).toBe(2)
    expect(summary([passed, { name: 'unit', ...tally }]).slice(2)).toEqual([
      '',
      'Failed:',
      '  unit: lib/log.test.ts > a log keeps its order: AssertionError: 1',
      '  unit: lib/broken.test.ts: Cannot find module',
      '',
      '7 passed, 2 failed',
    ])
  })

  it('names what passed only at the second attempt', () => {
    const unsteady = ['run.spec.ts > starts: Error: 1']
    expect(summary([{ ...passed, unsteady }])).toEqual([
      'check        4 passed, 0 failed',
      '',
      'Passed only at the second attempt, which is a bug to find:',
      '  check: run.spec.ts > starts: Error: 1',
      '',
      '4 passed, 0 failed',
    ])
    const assertionResults = [{ fullName: 'a log ends', status: 'passed', failureMessages: ['Error: 2\n  at x'] }]
    const testResults = [{ name: '/checkout/log.test.ts', status: 'passed', assertionResults }]
    expect(tallyOfVitest(vitest({ testResults }), 0, '/checkout')).toMatchObject({
      failed: 0,
      failures: [],
      unsteady: ['log.test.ts > a log ends: Error: 2'],
    })
  })

  it('names each test of Playwright that failed or needed a second attempt, with its groups', () => {
    const test = (status: string, message: string) => ({ status, results: [{ errors: [{ message }] }] })
    const inner = { title: 'dark', specs: [{ title: 'axe', tests: [test('flaky', 'Error: 2')] }] }
    const specs = [
      { title: 'starts', tests: [test('unexpected', 'Error: 1\n\nCall log')] },
      { title: 'ends', tests: [test('expected', '')] },
    ]
    const suites = [{ title: 'run.spec.ts', file: 'run.spec.ts', specs, suites: [inner] }]
    expect(tallyOfPlaywright({ stats: { expected: 1, unexpected: 1, flaky: 1 }, suites }, 1)).toMatchObject({
      failures: ['run.spec.ts > starts: Error: 1'],
      unsteady: ['run.spec.ts > dark > axe: Error: 2'],
    })
  })

  it('names failed checks, failed Python tests, and a suite that ended without a failed test', () => {
    const checks = [
      { name: 'types', failed: true, output: 'lib/a.ts(1,1): error\n' },
      { name: 'dead code', failed: false, output: '' },
    ]
    expect(tallyOfChecks(checks, 1)).toMatchObject({
      passed: 1,
      failed: 1,
      failures: ['npm run check > types: lib/a.ts(1,1): error'],
    })
    const failures = [{ test: 'test_files.Files.test_upload', error: 'AssertionError: 3' }]
    expect(tallyOfPython({ passed: 1, failed: 1, failures }, 1).failures).toEqual([
      'test_files.Files.test_upload: AssertionError: 3',
    ])
    expect(tallyOfVitest(vitest({}), 1).failures).toEqual(['the runner ended with code 1 although no test failed'])
  })
})
