/**
 * What a suite came to. A suite that crashed, or ran nothing, has failed: silence is no success. `notRun` says why one
 * could not be run on this machine, which is neither.
 * @typedef {{passed: number, failed: number, skipped: number, problems: string[], notRun?: string}} Tally
 */

/** Read vitest's JSON report (null when there is none) together with the exit code. */
export function tallyOfVitest(report, code) {
  const tally = {
    passed: report?.numPassedTests ?? 0,
    failed: report?.numFailedTests ?? 0,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
    problems: [],
  }
  // A file that does not load has no tests to fail: its suite failed without one.
  for (const file of report?.testResults ?? []) {
    if (file.status === 'failed' && file.assertionResults.length === 0) tally.failed += 1
  }
  return judged(tally, code)
}

/** Read Playwright's JSON report (null when there is none) together with the exit code. A flaky test has failed. */
export function tallyOfPlaywright(report, code) {
  const stats = report?.stats ?? {}
  const tally = {
    passed: stats.expected ?? 0,
    failed: (stats.unexpected ?? 0) + (stats.flaky ?? 0),
    skipped: stats.skipped ?? 0,
    problems: [],
  }
  return judged(tally, code)
}

/** Read the report of `conformance/python` (null when there is none) together with the exit code. */
export function tallyOfPython(report, code) {
  const { passed = 0, failed = 0, notRun = [] } = report ?? {}
  return judged({ passed, failed, skipped: notRun.length, problems: notRun.map((it) => `not run: ${it}`) }, code)
}

/** Read the report of `attack/` (null when there is none) together with the exit code. What held has passed. */
export function tallyOfAttacks(report, code) {
  const { verdicts = [], unplayed = [] } = report ?? {}
  const broken = verdicts.filter(({ breaches }) => breaches.length > 0)
  if (report && verdicts.length === 0 && unplayed.length > 0) return notRun(unplayed.join('; '))
  const problems = [
    ...broken.map(({ setup, attack, breaches }) => `broken: ${setup}/${attack}: ${breaches[0]}`),
    ...unplayed.map((what) => `not played: ${what}`),
  ]
  const tally = { passed: verdicts.length - broken.length, failed: broken.length, skipped: unplayed.length, problems }
  const judgedTally = judged(tally, code)
  return { ...judgedTally, problems: [...new Set([...problems, ...judgedTally.problems])] }
}

/** A suite without a report: passed or failed as one. */
export function tallyOfCommand(code) {
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, problems: [] }
}

/** A suite that could not be started. */
export function crashed(problem) {
  return { passed: 0, failed: 1, skipped: 0, problems: [problem] }
}

/** A suite that this machine cannot run. */
export function notRun(why) {
  return { passed: 0, failed: 0, skipped: 0, problems: [], notRun: why }
}

function judged(tally, code) {
  if (code !== 0 && tally.failed === 0) {
    return { ...tally, failed: 1, problems: [`the runner ended with code ${code} although no test failed`] }
  }
  if (tally.passed + tally.failed === 0) return { ...tally, failed: 1, problems: ['no test ran'] }
  return tally
}

export function sum(tallies) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const tally of tallies) for (const key of Object.keys(total)) total[key] += tally[key]
  return total
}

/** One line about a suite. */
export function line({ name, passed, failed, notRun }) {
  return `${name.padEnd(12)} ${notRun ? `not run: ${notRun}` : `${passed} passed, ${failed} failed`}`
}

/** The last line of a test run, for people and for CI. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
