/**
 * The quick starts of README.md and the examples of docs/, run as they stand there. Python's is run where its SDK is, by
 * `conformance/python`.
 */
import { symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { deployment } from './client'
import { run } from './program'
import { expectedOutput, makeHome, readExamples, readQuickStart } from './quick-starts'

const home = await makeHome(deployment)
afterAll(() => home.remove())

const env = { ...process.env, HOME: home.folder }

it('the quick start with curl works as it stands in the README', async () => {
  const file = await home.write('quickstart.sh', await readQuickStart('curl'))
  const { stdout, stderr, exitCode } = await run('bash', ['-e', '-o', 'pipefail', file], env)
  expect({ stdout, stderr, exitCode }).toEqual({
    stdout: expect.stringMatching(expectedOutput),
    stderr: '',
    exitCode: 0,
  })
  expect(stdout).toContain('hello from ')
})

it('the quick start in TypeScript works as it stands in the README', async () => {
  const file = await home.write('quickstart.mts', await readQuickStart('TypeScript'))
  await symlink(path.join(import.meta.dirname, '../node_modules'), path.join(home.folder, 'node_modules'))
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const { stdout, stderr, exitCode } = await run(process.execPath, ['--import', tsx, file], env)
  expect({ stdout, stderr, exitCode }).toEqual({
    stdout: expect.stringMatching(expectedOutput),
    stderr: '',
    exitCode: 0,
  })
})

describe.skipIf(deployment.reference)('examples of docs/ that use extensions', async () => {
  const examples = await readExamples()

  it('are found', () => {
    expect(examples.map(({ page }) => page)).toEqual(['previews.md', 'sdk.md'])
  })

  it.each(examples)('$page', async ({ page, program }) => {
    const file = await home.write(`${page}.sh`, program)
    const { stdout, stderr, exitCode } = await run('bash', ['-e', '-o', 'pipefail', file], env)
    expect({ stderr, exitCode, stdout }).toMatchObject({ stderr: '', exitCode: 0 })
    // A failed request does not fail `curl -s`: its reply has an error.
    expect(stdout).not.toContain('"statusCode"')
  })
})
