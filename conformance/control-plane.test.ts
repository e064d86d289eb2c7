/** Checklist 87 to 93: sandboxes and their life. */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '@/lib/engine/test/toolbox-fixture'
import type { SandboxDto, SandboxPage } from '@/lib/process-api/sandbox'
import { api, createSandbox, deployment, Sandbox, send } from './client'
import { expectError, shortest } from './expectations'
import { runSdkProgram } from './program'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

const read = async (id: string) => (await api('GET', `/sandbox/${id}`)).json<SandboxDto>()
const reaches = (id: string, state: string) =>
  eventually(`${id} is ${state}`, async () => (await read(id)).state === state, 60_000)

/** Fields without which generated clients refuse a sandbox. */
const required = {
  id: expect.any(String),
  organizationId: expect.any(String),
  name: expect.any(String),
  user: expect.any(String),
  env: expect.any(Object),
  labels: expect.any(Object),
  public: expect.any(Boolean),
  networkBlockAll: expect.any(Boolean),
  target: expect.any(String),
  cpu: expect.any(Number),
  gpu: expect.any(Number),
  memory: expect.any(Number),
  disk: expect.any(Number),
  toolboxProxyUrl: expect.stringMatching(/^https?:/),
}

it('87 a sandbox is made with every field that clients need, and its toolbox answers', async () => {
  const answer = await api('POST', '/sandbox', { labels: { made: 'by the checklist' } })
  expect(Math.floor(answer.status / 100)).toBe(2)
  const made = new Sandbox(answer.json<SandboxDto>())
  try {
    expect(made.dto).toMatchObject({ ...required, labels: { made: 'by the checklist' } })
    await reaches(made.id, 'started')
    const version = await send(`${made.url}/version`)
    expect([version.status, version.json()]).toEqual([200, { version: expect.any(String) }])
  } finally {
    await made.remove()
  }
})

it('88 a sandbox is found by id and by name, and an unknown one is a 404', async () => {
  for (const key of [sandbox.id, sandbox.dto.name]) expect(await read(key)).toMatchObject({ id: sandbox.id })
  const unknown = await api('GET', `/sandbox/${randomUUID()}`)
  expectError(unknown, 404)
  expect(unknown.json<{ message: string }>().message).toMatch(/not found/)
})

it('89 the list comes in pages without repetition, and can be asked for labels and states', async () => {
  const label = randomUUID()
  const labels = { checklist: label }
  const made = await Promise.all([1, 2, 3].map(() => createSandbox({ labels })))
  try {
    const page = async (parameters: [string, string][]) => {
      const answer = await api('GET', `/sandbox?${new URLSearchParams(parameters)}`)
      expect(answer.status).toBe(200)
      return answer.json<SandboxPage>()
    }
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const parameters: [string, string][] = [
        ['limit', '1'],
        ['labels', JSON.stringify(labels)],
        ...(cursor === null ? [] : ([['cursor', cursor]] as [string, string][])),
      ]
      const { items, nextCursor }: SandboxPage = await page(parameters)
      expect(items.length).toBeLessThanOrEqual(1)
      seen.push(...items.map((it) => it.id))
      cursor = nextCursor
    } while (cursor !== null)
    expect(seen.sort()).toEqual(made.map((it) => it.id).sort())
    const states: [string, string][] = [
      ['states', 'started'],
      ['states', 'stopped'],
      ['labels', JSON.stringify(labels)],
    ]
    expect((await page(states)).items).toHaveLength(3)
    expect((await page([['states', 'stopped'], ...states.slice(2)])).items).toHaveLength(0)
  } finally {
    await Promise.all(made.map((it) => it.remove()))
  }
})

it('90 a sandbox stops, starts and goes, also for requests with an empty form as their body', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const { id } = await createSandbox()
  const act = async (method: string, route: string) =>
    (await api(method, `/sandbox/${id}${route}`, undefined, form)).status
  expect(Math.floor((await act('POST', '/stop')) / 100)).toBe(2)
  await reaches(id, 'stopped')
  expect(Math.floor((await act('POST', '/stop')) / 100)).toBe(4)
  expect(Math.floor((await act('POST', '/start')) / 100)).toBe(2)
  await reaches(id, 'started')
  expect(Math.floor((await act('DELETE', '')) / 100)).toBe(2)
  await eventually('it is gone', async () => (await api('GET', `/sandbox/${id}`)).status === 404)
})

it('91 labels are replaced, intervals are kept, and activity is noted', async () => {
  const { id } = sandbox
  for (const labels of [{ a: '1', b: '2' }, { c: '3' }]) {
    expect((await api('PUT', `/sandbox/${id}/labels`, { labels })).json()).toMatchObject({ labels })
    expect((await read(id)).labels).toEqual(labels)
  }
  for (const [route, field, value] of [
    ['autostop', 'autoStopInterval', 30],
    ['autoarchive', 'autoArchiveInterval', 600],
    ['autodelete', 'autoDeleteInterval', 120],
    ['autodelete', 'autoDeleteInterval', -1],
  ] as const) {
    const answer = await api('POST', `/sandbox/${id}/${route}/${value}`)
    expect(Math.floor(answer.status / 100)).toBe(2)
    expect(await read(id)).toMatchObject({ [field]: value })
  }
  const before = Date.parse((await read(id)).lastActivityAt ?? '')
  for (const body of [undefined, {}]) {
    const answer = await api('POST', `/sandbox/${id}/last-activity`, body)
    expect([Math.floor(answer.status / 100), answer.text]).toEqual([2, ''])
  }
  await eventually('it moved', async () => {
    await api('POST', `/sandbox/${id}/last-activity`)
    return Date.parse((await read(id)).lastActivityAt ?? '') > before
  })
})

it('92 previews have an address and a token, also for a while only', async () => {
  const route = (port: number, name: string) => `/sandbox/${sandbox.id}/ports/${port}/${name}`
  for (const name of ['preview-url', 'signed-preview-url', 'signed-preview-url?expiresInSeconds=60']) {
    const answer = await api('GET', route(3000, name))
    expect([answer.status, answer.json()]).toMatchObject([
      200,
      { sandboxId: sandbox.id, url: expect.stringContaining('http'), token: expect.stringMatching(/./) },
    ])
  }
  expectError(await api('GET', route(3000, 'signed-preview-url?expiresInSeconds=0')), 400, 'expiresInSeconds')
  expectError(await api('GET', route(70_000, 'preview-url')), 400)
  const { token } = (await api('GET', route(3000, 'signed-preview-url'))).json<{ token: string }>()
  const expired = await api('POST', route(3000, `signed-preview-url/${token}/expire`))
  expect([Math.floor(expired.status / 100), expired.text]).toEqual([2, ''])
})

it('93 events are pushed over Socket.IO, and a script with the SDK ends within a second of its last call', async () => {
  const { id } = await createSandbox()
  const url = new URL(
    `${deployment.apiUrl}/socket.io/?source=sdk-typescript&sdkVersion=0.216.0&EIO=4&transport=websocket`,
  )
  url.protocol = url.protocol.replace('http', 'ws')
  const socket = new WebSocket(url)
  const frames: string[] = []
  socket.on('message', (data) => {
    frames.push(String(data))
    if (String(data) === '2') socket.send('3')
  })
  await eventually('the handshake', () => frames.some((it) => it.startsWith('0{"sid"')))
  socket.send(`40${JSON.stringify({ token: deployment.apiKey })}`)
  await eventually('it is let in', () => frames.some((it) => it.startsWith('40{"sid"')))
  await api('POST', `/sandbox/${id}/stop`)
  const changes = () =>
    frames
      .filter((it) => it.startsWith('42'))
      .map((it) => JSON.parse(it.slice(2)) as [string, { sandbox: SandboxDto; newState: string }])
      .filter(([name, body]) => name === 'sandbox.state.updated' && body.sandbox.id === id)
      .map(([, body]) => body.newState)
  await eventually('the stop is reported', () => changes().includes('stopped'))
  socket.close()
  await api('DELETE', `/sandbox/${id}`)

  const program = path.join(import.meta.dirname, '../lib/engine/test/programs/sdk-short.mjs')
  const lived = await shortest(
    1000,
    async () => {
      const run = await runSdkProgram(program)
      expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: 'started 1\nstopped\n' })
      return run.livedOnMs
    },
    3,
  )
  expect(lived).toBeLessThan(1000)
})
