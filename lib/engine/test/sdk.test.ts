import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EngineFixture, startEngine } from './engine-fixture'

let engine: EngineFixture

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.stop()
})

/** Run a program to its own end; `endedMs` is how long it lived after its last line of output. */
function runProgram(
  file: string,
): Promise<{ stdout: string; stderr: string; exitCode: number | null; endedMs: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'programs', file)], {
      env: { ...process.env, API_URL: engine.apiUrl, API_KEY: engine.apiKey },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    let lastOutput = performance.now()
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      lastOutput = performance.now()
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ stdout, stderr, exitCode, endedMs: performance.now() - lastOutput }))
  })
}

test('the official TypeScript SDK goes from create to delete, and its process ends by itself', async () => {
  const run = await runProgram('sdk-flow.mjs')
  expect(run.stderr).toBe('')
  expect(run.exitCode).toBe(0)
  const seen = JSON.parse(run.stdout)
  expect(seen).toEqual({
    state: 'started',
    home: expect.stringMatching(/^\//),
    code: { exitCode: 0, result: "42 ['a b', '$HOME']\n" },
    failed: { exitCode: 1, named: true },
    command: { exitCode: 3, result: 'hello from /tmp\n' },
    timeout: { name: expect.stringMatching(/Timeout/), mentionsTimeout: true },
    stateExit: 0,
    sync: { exitCode: 0, stdout: '/tmp 1\n', stderr: 'oops\n' },
    streamed: { stdout: 'Name? bob\nhi bob\n', stderr: 'done\n' },
    endedExit: 0,
    logs: { stdout: 'Name? bob\nhi bob\n', stderr: 'done\n' },
    file: [0, 1, 255, 10],
    sessions: [],
    deleted: expect.stringMatching(/NotFound/),
  })
  // A missing events endpoint keeps this process alive for three minutes; the SDK's own timers end well before this.
  expect(run.endedMs).toBeLessThan(30_000)
}, 60_000)
