/** The limits of an engine and of a sandbox, and the errors beyond them. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { parseReserve } from '@/lib/settings/disk-reserve'
import { machineQuotas } from '../control-plane/sandbox/quotas'
import { readEngineSettings } from '../control-plane/settings'
import { type Answer, type EngineFixture, startEngine } from './engine-fixture'
import { startToolbox, type ToolboxFixture } from './toolbox-fixture'

const errorOf = ({ status, text }: Pick<Answer, 'status' | 'text'>) => {
  const { code, message, limit } = JSON.parse(text)
  return { status, code, message, limit }
}

describe('an engine with low quotas', () => {
  let engine: EngineFixture
  beforeAll(async () => {
    engine = await startEngine({
      isolation: 'none',
      env: {
        SANDGLASS_MAX_SANDBOXES: '3',
        SANDGLASS_MAX_RUNNING: '2',
        SANDGLASS_MAX_SNAPSHOTS: '1',
        SANDGLASS_MAX_CPU: '3',
        SANDGLASS_MAX_MEMORY: '5',
        SANDGLASS_MAX_DISK: '7',
        SANDGLASS_MAX_SESSIONS: '2',
      },
    })
  })
  afterAll(() => engine.stop())

  test('refuses too much cpu, memory and disk, at creation and resize, and changes nothing', async () => {
    const { id } = await engine.createSandbox({ cpu: 3, memory: 5, disk: 7 })
    for (const [field, limit] of [
      ['cpu', 3],
      ['memory', 5],
      ['disk', 7],
    ] as const) {
      for (const value of [limit + 1, 1e9, Number.MAX_SAFE_INTEGER]) {
        for (const route of ['/sandbox', `/sandbox/${id}/resize`]) {
          expect(errorOf(await engine.api('POST', route, { [field]: value }))).toEqual({
            status: 400,
            code: 'BAD_REQUEST',
            message: expect.stringMatching(new RegExp(`^${field} must be from 1 to ${limit} .*SANDGLASS_MAX_`)),
            limit,
          })
        }
      }
      for (const value of [
        '0',
        '-1',
        '0.5',
        '1.5',
        '1e400',
        '-1e400',
        '9007199254740993',
        '"2"',
        'true',
        '[]',
        'NaN',
      ]) {
        for (const route of ['/sandbox', `/sandbox/${id}/resize`]) {
          const answer = await engine.api('POST', route, `{"${field}": ${value}}`, {
            'content-type': 'application/json',
          })
          expect([value, answer.status]).toEqual([value, 400])
        }
      }
    }
    const { items } = (await engine.api('GET', '/sandbox')).json<{ items: SandboxDto[] }>()
    expect(items).toMatchObject([{ id, cpu: 3, memory: 5, disk: 7, state: 'started' }])
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('gives its maximum to a request without resources, if that is less than the default', async () => {
    const sandbox = await engine.createSandbox()
    expect(sandbox).toMatchObject({ cpu: 2, memory: 4, disk: 7 })
    await engine.api('DELETE', `/sandbox/${sandbox.id}`)
  })

  test('refuses unreasonably long intervals and times', async () => {
    for (const [field, value] of [
      ['autoStopInterval', 525_601],
      ['autoStopInterval', -1],
      ['autoArchiveInterval', 1e15],
      ['autoDeleteInterval', 525_601],
      ['ttlMinutes', 5_256_001],
    ] as const) {
      const answer = await engine.api('POST', '/sandbox', { [field]: value })
      expect([field, answer.status, answer.text]).toEqual([field, 400, expect.stringContaining(field)])
    }
  })

  test('refuses one sandbox too many, running or not, even with concurrent requests; a deletion makes room', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => engine.api('POST', '/sandbox', {})))
    const made = answers.filter(({ status }) => status === 200).map((it) => it.json<SandboxDto>().id)
    expect(made).toHaveLength(2)
    const running = {
      status: 429,
      code: 'TOO_MANY_REQUESTS',
      limit: 2,
      message: expect.stringContaining('SANDGLASS_MAX_RUNNING'),
    }
    for (const answer of answers.filter(({ status }) => status !== 200)) expect(errorOf(answer)).toEqual(running)
    const [first = '', second = ''] = made
    expect(errorOf(await engine.api('POST', `/sandbox/${first}/fork`, {}))).toEqual(running)
    await engine.api('POST', `/sandbox/${first}/stop`)
    const third = (await engine.api('POST', '/sandbox', {})).json<SandboxDto>().id
    expect(errorOf(await engine.api('POST', `/sandbox/${first}/start`))).toEqual(running)
    expect((await engine.api('GET', `/sandbox/${first}`)).json<SandboxDto>().state).toBe('stopped')
    await engine.api('POST', `/sandbox/${second}/stop`)
    const all = { ...running, limit: 3, message: expect.stringContaining('SANDGLASS_MAX_SANDBOXES') }
    for (const [route, body] of [
      ['/sandbox', {}],
      [`/sandbox/${third}/fork`, {}],
    ] as const) {
      expect(errorOf(await engine.api('POST', route, body))).toEqual(all)
    }
    await engine.api('DELETE', `/sandbox/${second}`)
    await engine.api('POST', `/sandbox/${first}/start`)
    expect((await engine.api('GET', `/sandbox/${first}`)).json<SandboxDto>().state).toBe('started')
    for (const id of [first, third]) await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('refuses one snapshot too many', async () => {
    const { id } = await engine.createSandbox()
    const snapshot = (name: string) => engine.api('POST', `/sandbox/${id}/snapshot`, { name })
    const [one, two] = await Promise.all([snapshot('one'), snapshot('two')])
    // The other one is one too many, or comes while the files are still being copied.
    const statuses = [one.status, two.status].sort()
    expect([
      [200, 409],
      [200, 429],
    ]).toContainEqual(statuses)
    const kept = one.status === 200 ? 'one' : 'two'
    expect(errorOf(await snapshot('three'))).toEqual({
      status: 429,
      code: 'TOO_MANY_REQUESTS',
      limit: 1,
      message: expect.stringContaining('SANDGLASS_MAX_SNAPSHOTS'),
    })
    expect((await engine.api('DELETE', `/snapshots/${kept}`)).status).toBe(200)
    expect((await snapshot('three')).status).toBe(200)
    await engine.api('DELETE', '/snapshots/three')
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('passes the session limit to each sandbox', async () => {
    const { id } = await engine.createSandbox()
    const session = (sessionId: string) => engine.toolbox(id, 'POST', '/process/session', { sessionId })
    expect([(await session('a')).status, (await session('b')).status]).toEqual([201, 201])
    expect(errorOf(await session('c'))).toMatchObject({ status: 429, limit: 2 })
    await engine.api('DELETE', `/sandbox/${id}`)
  })
})

test('defaults to what the machine has', async () => {
  const engine = await startEngine({ isolation: 'none', env: { SANDGLASS_MAX_CPU: '', SANDGLASS_MAX_MEMORY: '' } })
  try {
    const { cpu, memory } = machineQuotas(engine.dataDir)
    expect(errorOf(await engine.api('POST', '/sandbox', { cpu: cpu + 1 }))).toMatchObject({ status: 400, limit: cpu })
    expect(errorOf(await engine.api('POST', '/sandbox', { memory: 1e9 }))).toMatchObject({
      status: 400,
      message: expect.stringContaining(`1 to ${memory} GiB`),
    })
  } finally {
    await engine.stop()
  }
})

describe('a toolbox with low limits', () => {
  let toolbox: ToolboxFixture
  beforeAll(async () => {
    toolbox = await startToolbox({ limits: { sessions: 2, ptys: 2, contexts: 1 } })
  })
  afterAll(() => toolbox.stop())

  const sentence = (answer: { status: number; text: string }) => [answer.status, JSON.parse(answer.text).message]

  test.each([
    ['sessions', 'SANDGLASS_MAX_SESSIONS', '/process/session', 'sessionId', 2],
    ['PTYs', 'SANDGLASS_MAX_PTYS', '/process/pty', 'id', 2],
  ])('%s', async (_what, setting, route, key, limit) => {
    const create = (id: string) => toolbox.post(route, { [key]: id })
    const made = await Promise.all(['a', 'b', 'c', 'd'].map(create))
    expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 429, 429])
    for (const answer of made.filter(({ status }) => status === 429)) {
      expect(sentence(answer)).toEqual([429, expect.stringMatching(new RegExp(`limit of ${limit} .*${setting}`))])
    }
    const [first] = ['a', 'b', 'c', 'd'].filter((_, i) => made[i]?.status === 201)
    // A name that is taken is the first error.
    expect((await create(first ?? '')).status).toBe(409)
    await toolbox.request(`${route}/${first}`, { method: 'DELETE' })
    expect((await create('e')).status).toBe(201)
  })

  test('contexts', async () => {
    const create = () => toolbox.post('/process/interpreter/context', {})
    const [one, two] = await Promise.all([create(), create()])
    // The other one is one too many, or comes while the files are still being copied.
    const statuses = [one.status, two.status].sort()
    expect([
      [200, 409],
      [200, 429],
    ]).toContainEqual(statuses)
    const { id } = (one.status === 200 ? one : two).json<{ id: string }>()
    expect(sentence(one.status === 429 ? one : two)).toEqual([429, expect.stringContaining('SANDGLASS_MAX_CONTEXTS')])
    await toolbox.request(`/process/interpreter/context/${id}`, { method: 'DELETE' })
    expect((await create()).status).toBe(200)
  })

  test('a PTY that is created by connecting is refused as well', async () => {
    const socket = toolbox.webSocket('/process/pty/create-connect?id=one-more')
    const [, response] = await once(socket, 'unexpected-response')
    expect(response.statusCode).toBe(429)
    response.destroy()
  })
})

describe('settings', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-read-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const read = (env: Record<string, string>) =>
    readEngineSettings({
      NODE_ENV: 'test',
      SANDGLASS_DATA_DIR: folder,
      ...env,
    })

  test.each([
    ['SANDGLASS_MAX_CPU', '0'],
    ['SANDGLASS_MAX_MEMORY', '-1'],
    ['SANDGLASS_MAX_DISK', 'much'],
    ['SANDGLASS_MAX_SANDBOXES', '1.5'],
    ['SANDGLASS_MAX_RUNNING', '0'],
    ['SANDGLASS_DISK_RESERVE', '95%'],
    ['SANDGLASS_DISK_RESERVE', '-1'],
    ['SANDGLASS_DISK_RESERVE', '2 GB'],
  ])('%s cannot be %s', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(new RegExp(`^${name} is "${value}", but it must be .*\\.$`))
  })

  test('a reserve is a size or a percentage of the disk', () => {
    expect(['512M', '2g', '1073741824', '1.5G', '5%', '0'].map(parseReserve)).toEqual([
      { bytes: 512 * 1024 ** 2 },
      { bytes: 2 * 1024 ** 3 },
      { bytes: 1024 ** 3 },
      { bytes: 1.5 * 1024 ** 3 },
      { percent: 5 },
      { bytes: 0 },
    ])
    expect(['', 'x', '5%%', '1e9', '2P', '100%'].map(parseReserve)).toEqual(Array(6).fill(null))
  })
})
