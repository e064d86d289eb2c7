/** Checklist 94, and the official TypeScript SDKs, unmodified, through every method that they have for this API. */
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runSdkProgram } from './program'

const lspProgram = path.join(import.meta.dirname, '../test-kit/programs/language-server.py')
const sdks = { '0.216': '@daytona/sdk', '0.189': '@daytona/sdk-0.189' }

const programs = ['interactive.mjs', 'files.mjs', 'life.mjs', 'copies.mjs', 'git.mjs', 'lsp.mjs']

/** Run a program to its own end; it throws where something is not as it should be. */
async function pass(name: string, sdk: string): Promise<void> {
  const run = await runSdkProgram(path.join(import.meta.dirname, 'typescript', name), {
    SDK: sdk,
    LSP_PROGRAM: lspProgram,
  })
  expect({ sdk, ...run }).toMatchObject({ sdk, stderr: '', stdout: 'through\n', exitCode: 0 })
  // A missing events endpoint keeps a program alive for three minutes; the SDK's own timers end well before this.
  expect(run.livedOnMs).toBeLessThan(30_000)
}

it('94 the TypeScript SDKs 0.189 and 0.216 go from create to delete, unmodified', async () => {
  await Promise.all(Object.values(sdks).map((sdk) => pass('flow.mjs', sdk)))
})

describe.each(Object.entries(sdks))('the TypeScript SDK %s', (_version, sdk) => {
  it.concurrent.each(programs)('passes %s', (name) => pass(name, sdk))
})

it.each(Object.entries(sdks))('the TypeScript SDK %s passes links.mjs', (_version, sdk) => pass('links.mjs', sdk))

it('the generated toolbox client has an answer for each of its methods', () =>
  pass('toolbox-client.mjs', sdks['0.216']))
