/** The quick starts of the README, run as they stand there. Python's is run where its SDK is: by `conformance/python`. */
import { symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { deployment } from './client'
import { run } from './program'
import { expectedOutput, makeHome, readQuickStart } from './quick-starts'

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
