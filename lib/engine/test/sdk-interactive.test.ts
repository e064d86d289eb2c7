/** PTYs and the interpreter through proxy and isolation, driven by the official TypeScript SDK. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EngineFixture, startEngine } from './engine-fixture'

let engine: EngineFixture

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.stop()
})

it('the official TypeScript SDK drives terminals and contexts unmodified', async () => {
  const program = path.join(import.meta.dirname, 'programs', 'sdk-interactive.mjs')
  const env = { ...process.env, API_URL: engine.apiUrl, API_KEY: engine.apiKey }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { env, timeout: 90_000 })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    info: { id: 'main', cols: 100, rows: 30, active: true, foo: 'b a r' },
    resized: [120, 40],
    listed: ['main'],
    exit: { exitCode: 7, error: 'non-zero exit' },
    afterExit: 0,
    killed: { exitCode: 137, error: 'SIGKILL' },
    tail: { exitCode: 0, whole: 20_000 },
    run: { stdout: '42\n', stderr: 'e\n', error: null, chunks: ['42\n'] },
    kept: '41\n',
    failed: { name: 'ValueError', value: 'no', where: true },
    context: {
      cwd: '/tmp',
      language: 'python',
      isolated: 'False\n',
      folder: '/tmp\n',
      envs: 'b\n',
      listed: 1,
    },
    timeout: 'DaytonaTimeoutError',
    usable: 'usable\n',
    death: 'DaytonaConnectionError',
    large: 5_000_001,
    deleted: 0,
  })
}, 120_000)
