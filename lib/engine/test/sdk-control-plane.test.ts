/** Sandboxes as a whole, as the official TypeScript SDK sees them: what acts, and what is refused with a plain sentence. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EngineFixture, startEngine } from './engine-fixture'

let engine: EngineFixture
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

test('the official TypeScript SDK finds every method answered, and its process ends by itself', async () => {
  const program = path.join(import.meta.dirname, 'programs', 'sdk-control-plane.mjs')
  const env = { ...process.env, API_URL: engine.apiUrl, API_KEY: engine.apiKey }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { env, timeout: 90_000 })
  expect(stderr).toBe('')
  const refused = (reason: RegExp) =>
    expect.stringMatching(new RegExp(`^DaytonaUnprocessableEntityError: .*${reason.source}`))
  const wrong = (reason: RegExp) => expect.stringMatching(new RegExp(`^DaytonaValidationError: .*${reason.source}`))
  const missing = (reason: RegExp) => expect.stringMatching(new RegExp(`^DaytonaNotFoundError: .*${reason.source}`))
  expect(JSON.parse(stdout)).toEqual({
    created: {
      state: 'started',
      cpu: 1,
      memory: 2,
      disk: 3,
      autoStopInterval: 30,
      autoPauseInterval: 0,
      hasDeadline: true,
      spot: false,
      env: {},
    },
    intervals: [7, 60, 120],
    minutesLeft: 5,
    noDeadline: true,
    autoPause: refused(/pausing is not supported/),
    resized: ['started', 2, 4, 3],
    shrunk: wrong(/can only be increased/),
    blocked: true,
    unblocked: false,
    allowList: ['203.0.113.0/24', false],
    domains: wrong(/domainAllowList: names are not supported/),
    badList: wrong(/networkAllowList: '10.0.0' has no prefix length/),
    createdWithList: ['10.0.0.0/8,203.0.113.7/32', false],
    createdBlocked: true,
    createdWithDomains: wrong(/domainAllowList: names are not supported/),
    fork: ['sdk-fork', 'started', 'kept\n'],
    afterSnapshot: 'started',
    fromSnapshot: ['sdk-snapshot', 'kept\n'],
    snapshots: [2, 1, 1, ['default', 'sdk-snapshot']],
    snapshot: ['active', true],
    ofSandbox: ['sdk-snapshot'],
    activated: 'active',
    noSnapshot: missing(/sdk-snapshot not found/),
    image: refused(/images are not supported/),
    build: wrong(/cannot build images/),
    volumes: [],
    volume: missing(/Volume with name data/),
    newVolume: refused(/volumes are not supported/),
    secrets: [[], 0, null],
    newSecret: refused(/secrets are not supported/),
    mountSecret: refused(/secrets are not supported/),
    warmPools: [],
    newWarmPool: refused(/SANDGLASS_WARM/),
    ssh: refused(/SSH access is not supported/),
    sshToken: false,
    metrics: [],
    pause: refused(/pausing is not supported/),
    recover: wrong(/not in an error state/),
    archive: wrong(/is not stopped/),
    archived: 'archived',
    listed: ['sdk-fork', 'sdk-life'],
    stopped: 'stopped',
    started: 'started',
    deleted: ['destroyed', 'destroyed'],
  })
}, 120_000)
