/**
 * The result of one suite. A suite that crashed or ran no test has failed. `notRun` says why this machine cannot run the
 * suite, which is neither a pass nor a failure.
 *
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string[]} failures one line for each failed test: `file > title: first line of the error`
 * @property {string[]} [unsteady] one line for each test that failed and then passed at its second attempt
 * @property {string[]} problems other things that the reader should know
 * @property {string} [notRun]
 */

/**
 * Vitest's JSON report, as far as it is used.
 * @typedef {object} VitestReport
 * @property {number} [numPassedTests]
 * @property {number} [numFailedTests]
 * @property {number} [numPendingTests]
 * @property {number} [numTodoTests]
 * @property {VitestFile[]} [testResults]
 */
/** @typedef {{name?: string, status: string, message?: string, assertionResults: VitestTest[]}} VitestFile */
/** @typedef {{fullName: string, status: string, failureMessages?: string[] | null}} VitestTest */

/**
 * Playwright's JSON report, as far as it is used.
 * @typedef {object} PlaywrightReport
 * @property {{expected?: number, unexpected?: number, flaky?: number, skipped?: number}} [stats]
 * @property {PlaywrightSuite[]} [suites]
 * @property {{message?: string}[]} [errors]
 */
/** @typedef {{title: string, file?: string, suites?: PlaywrightSuite[], specs?: PlaywrightSpec[]}} PlaywrightSuite */
/** @typedef {{title: string, tests: {status: string, results: {errors?: {message?: string}[]}[]}[]}} PlaywrightSpec */

const maxErrorLength = 200

/**
 * Read vitest's JSON report together with the exit code of its runner.
 * @param {VitestReport | null} report null when the runner wrote none
 * @param {number | null} code
 * @param {string} [root] folder that file names are shown relative to
 * @returns {Tally}
 */
export function tallyOfVitest(report, code, root = process.cwd()) {
  const files = report?.testResults ?? []
  const failures = []
  const unsteady = []
  // A file that does not load, or whose hook fails, has failed without a failed test.
  let filesAlone = 0
  for (const { name = 'unnamed file', status, message = '', assertionResults } of files) {
    const file = name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name
    const failedTests = assertionResults.filter((it) => it.status === 'failed')
    if (status === 'failed' && failedTests.length === 0) {
      filesAlone += 1
      failures.push(failure([file], message))
    }
    for (const test of failedTests) {
      failures.push(failure([file, test.fullName], test.failureMessages?.[0]))
    }
    // Vitest reports the failure of the first attempt together with the status of the last one.
    for (const { fullName, status, failureMessages } of assertionResults) {
      const [message] = failureMessages ?? []
      if (status === 'passed' && message !== undefined) unsteady.push(failure([file, fullName], message))
    }
  }
  const tally = {
    passed: report?.numPassedTests ?? 0,
    failed: (report?.numFailedTests ?? 0) + filesAlone,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
    failures,
    unsteady,
    problems: [],
  }
  return judged(tally, code)
}

/**
 * Read Playwright's JSON report together with the exit code of its runner.
 * @param {PlaywrightReport | null} report null when the runner wrote none
 * @param {number | null} code
 * @returns {Tally}
 */
export function tallyOfPlaywright(report, code) {
  const stats = report?.stats ?? {}
  const tally = {
    passed: (stats.expected ?? 0) + (stats.flaky ?? 0),
    failed: stats.unexpected ?? 0,
    skipped: stats.skipped ?? 0,
    failures: (report?.suites ?? []).flatMap((suite) => playwrightErrors(suite, 'unexpected', [])),
    unsteady: (report?.suites ?? []).flatMap((suite) => playwrightErrors(suite, 'flaky', [])),
    problems: (report?.errors ?? []).map(({ message }) => firstLine(message)),
  }
  return judged(tally, code)
}

/**
 * The first error of each test that ended like this.
 * @param {PlaywrightSuite} suite
 * @param {'unexpected' | 'flaky'} status Playwright's words for: failed, and passed at a later attempt
 * @param {string[]} parents
 * @returns {string[]}
 */
function playwrightErrors(suite, status, parents) {
  const titles = [...parents, suite.title]
  const own = (suite.specs ?? []).flatMap(({ title, tests }) =>
    tests
      .filter((test) => test.status === status)
      .map(({ results }) => failure([...titles, title], results.flatMap(({ errors = [] }) => errors)[0]?.message)),
  )
  return [...own, ...(suite.suites ?? []).flatMap((child) => playwrightErrors(child, status, titles))]
}

/**
 * Read the report of `conformance/python` together with the exit code.
 * @param {{passed?: number, failed?: number, notRun?: string[], failures?: {test: string, error: string}[]} | null} report
 * @param {number | null} code
 * @returns {Tally}
 */
export function tallyOfPython(report, code) {
  const { passed = 0, failed = 0, notRun: skipped = [], failures = [] } = report ?? {}
  return judged(
    {
      passed,
      failed,
      skipped: skipped.length,
      failures: failures.map(({ test, error }) => failure([test], error)),
      problems: skipped.map((test) => `not run: ${test}`),
    },
    code,
  )
}

/**
 * Read the report of `attack/` together with the exit code. An attack that achieved nothing has passed.
 * @param {{verdicts?: {setup: string, attack: string, breaches: string[]}[], skippedSetups?: string[]} | null} report
 * @param {number | null} code
 * @returns {Tally}
 */
export function tallyOfAttacks(report, code) {
  const { verdicts = [], skippedSetups = [] } = report ?? {}
  const broken = verdicts.filter(({ breaches }) => breaches.length > 0)
  if (report && verdicts.length === 0 && skippedSetups.length > 0) return notRun(skippedSetups.join('; '))
  return judged(
    {
      passed: verdicts.length - broken.length,
      failed: broken.length,
      skipped: skippedSetups.length,
      failures: broken.map(({ setup, attack, breaches }) => failure([setup, attack], breaches[0])),
      problems: skippedSetups.map((what) => `not run: ${what}`),
    },
    code,
  )
}

/**
 * A suite of commands, each of which passed or failed as a whole: see `scripts/checking`.
 * @param {{name: string, failed: boolean, output: string}[] | null} report
 * @param {number | null} code
 * @param {string} [title]
 * @returns {Tally}
 */
export function tallyOfChecks(report, code, title = 'npm run check') {
  const failed = (report ?? []).filter((it) => it.failed)
  return judged(
    {
      passed: (report ?? []).length - failed.length,
      failed: failed.length,
      skipped: 0,
      failures: failed.map(({ name, output }) => failure([title, name], output)),
      problems: [],
    },
    code,
  )
}

/**
 * A suite that could not be started.
 * @param {string} problem
 * @returns {Tally}
 */
export function crashed(problem) {
  return { passed: 0, failed: 1, skipped: 0, failures: [problem], problems: [] }
}

/**
 * A suite that this machine cannot run.
 * @param {string} why
 * @returns {Tally}
 */
export function notRun(why) {
  return { passed: 0, failed: 0, skipped: 0, failures: [], problems: [], notRun: why }
}

/**
 * @param {Tally} tally
 * @param {number | null} code
 * @returns {Tally}
 */
function judged(tally, code) {
  if (code !== 0 && tally.failed === 0) {
    const problem = `the runner ended with code ${code} although no test failed`
    return { ...tally, failed: 1, failures: [problem, ...tally.problems] }
  }
  if (tally.passed + tally.failed === 0) return { ...tally, failed: 1, failures: ['no test ran'] }
  return tally
}

/**
 * @param {string[]} titles from the file to the test
 * @param {string | undefined} error
 */
function failure(titles, error) {
  return `${titles.filter(Boolean).join(' > ')}: ${firstLine(error)}`
}

/**
 * The first line that says something, without colours.
 * @param {string | undefined} [text]
 */
function firstLine(text = '') {
  const plain = text.replace(/\x1b\[[\d;]*m/g, '')
  const line = plain.split('\n').find((it) => it.trim() !== '') ?? 'no message; the output above may have more'
  return line.trim().slice(0, maxErrorLength)
}

/** @param {Pick<Tally, 'passed' | 'failed' | 'skipped'>[]} tallies */
export function sum(tallies) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const { passed, failed, skipped } of tallies) {
    total.passed += passed
    total.failed += failed
    total.skipped += skipped
  }
  return total
}

/**
 * One line about a suite.
 * @param {Pick<Tally, 'passed' | 'failed' | 'notRun'> & {name: string}} suite
 */
export function line({ name, passed, failed, notRun }) {
  return `${name.padEnd(12)} ${notRun ? `not run: ${notRun}` : `${passed} passed, ${failed} failed`}`
}

/**
 * The end of a test run, for people and for CI: one line for each suite, then the name of every test that failed or
 * needed a second attempt, so that a log that was cut at its beginning still has them, then the count.
 * @param {(Pick<Tally, 'passed' | 'failed' | 'skipped' | 'failures' | 'unsteady' | 'notRun'> & {name: string})[]} suites
 * @returns {string[]}
 */
export function summary(suites) {
  const unsteady = suites.flatMap(({ name, unsteady = [] }) => unsteady.map((text) => `  ${name}: ${text}`))
  const failures = suites.flatMap(({ name, failures }) => failures.map((text) => `  ${name}: ${text}`))
  return [
    ...suites.map(line),
    ...(unsteady.length > 0 ? ['', 'Passed only at the second attempt, which is a bug to find:', ...unsteady, ''] : []),
    ...(failures.length > 0 ? ['', 'Failed:', ...failures, ''] : []),
    closingLine(sum(suites)),
  ]
}

/** @param {Pick<Tally, 'passed' | 'failed' | 'skipped'>} total */
function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
