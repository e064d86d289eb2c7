import { describe, expect, it } from 'vitest'
import {
  closingLine,
  crashed,
  line,
  notRun,
  sum,
  tallyOfAttacks,
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

  it('counts attacks that held as passed, and names those that did not and those that were not played', () => {
    const verdicts = [
      { setup: 'root', attack: 'signals', breaches: [] },
      { setup: 'root', attack: 'copies', breaches: ['a key was read', 'and a note'] },
    ]
    expect(tallyOfAttacks({ verdicts, unplayed: ['network: no ip'] }, 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
      problems: ['broken: root/copies: a key was read', 'not played: network: no ip'],
    })
    expect(tallyOfAttacks({ verdicts: [], unplayed: ['root: it needs root'] }, 1).notRun).toBe('root: it needs root')
    expect(tallyOfAttacks({ verdicts: [], unplayed: [] }, 1).failed).toBe(1)
    expect(tallyOfAttacks(null, 1).failed).toBe(1)
  })

  it('counts a flaky test as failed', () => {
    expect(tallyOfPlaywright({ stats: { expected: 1, flaky: 1 } }, 0).failed).toBe(1)
  })
})

it('the closing line names skipped tests only when there are some', () => {
  expect(closingLine(sum([crashed('x'), { passed: 4, failed: 0, skipped: 0 }]))).toBe('4 passed, 1 failed')
  expect(closingLine({ passed: 1, failed: 0, skipped: 2 })).toBe('1 passed, 0 failed, 2 skipped')
})
