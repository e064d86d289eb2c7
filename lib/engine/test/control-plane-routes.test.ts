/** Every control-plane route that the official clients use responds in the contract's shape, except for previews. */
import { once } from 'node:events'
import { ApiKeysApi, Configuration, OrganizationsApi, UsersApi } from '@daytona/api-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { z } from 'zod'
import { errorEnvelopeSchema } from '@/lib/process-api/errors'
import {
  type SandboxDto,
  type SandboxPage,
  sandboxDtoSchema,
  sandboxListItemSchema,
  sandboxPageSchema,
} from '@/lib/process-api/sandbox'
import { sandboxPagedSchema } from '@/lib/process-api/sandbox-list'
import { sandboxSecretsSchema, secretDtoSchema, secretPageSchema } from '@/lib/process-api/secrets'
import { snapshotDtoSchema, snapshotPageSchema } from '@/lib/process-api/snapshots'
import { sshAccessValidationSchema } from '@/lib/process-api/ssh-access'
import { metricsResponseSchema, telemetryPageSchema } from '@/lib/process-api/telemetry'
import { volumeDtoSchema } from '@/lib/process-api/volumes'
import { warmPoolDtoSchema } from '@/lib/process-api/warm-pools'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

let engine: EngineFixture
beforeAll(async () => {
  engine = await startEngine({ warm: 1 })
  await engine.createSandbox({ name: 'routes', labels: { of: 'routes' } })
})
afterAll(() => engine.stop())

const missing = '5f0c0b2e-2f63-4d0e-9a53-0f6f3c8c1a11'
const urlAnswerSchema = z.object({ url: z.url() })
const textSchema = z.string()
const configurationSchema = z.looseObject({
  version: textSchema,
  oidc: z.object({ issuer: textSchema, clientId: textSchema, audience: textSchema, provider: textSchema }),
  linkedAccountsEnabled: z.boolean(),
  announcements: z.record(z.string(), z.unknown()),
  proxyTemplateUrl: textSchema,
  proxyToolboxUrl: textSchema,
  defaultSnapshot: z.literal('default'),
  dashboardUrl: textSchema,
  maxAutoArchiveInterval: z.number(),
  maintananceMode: z.literal(false),
  environment: textSchema,
})
const nothingSchema = z.literal('')

describe('routes with a result', () => {
  test.each<[method: string, route: string, status: number, shape: z.ZodType, body?: unknown]>([
    ['GET', '/sandbox/routes', 200, sandboxDtoSchema],
    ['GET', '/sandbox/routes?verbose=true', 200, sandboxDtoSchema],
    ['GET', '/sandbox', 200, sandboxPageSchema],
    ['GET', '/sandbox/paginated', 200, sandboxPagedSchema],
    ['POST', '/sandbox/routes/start', 200, sandboxDtoSchema],
    ['PUT', '/sandbox/routes/labels', 200, sandboxDtoSchema, { labels: { of: 'routes' } }],
    ['POST', '/sandbox/routes/autostop/15', 201, sandboxDtoSchema],
    ['POST', '/sandbox/routes/autoarchive/0', 201, sandboxDtoSchema],
    ['POST', '/sandbox/routes/autodelete/-1', 201, sandboxDtoSchema],
    ['POST', '/sandbox/routes/autopause/0', 201, sandboxDtoSchema],
    ['POST', '/sandbox/routes/ttl/0', 201, sandboxDtoSchema],
    ['POST', '/sandbox/routes/public/false', 201, sandboxDtoSchema],
    ['POST', '/sandbox/routes/resize', 200, sandboxDtoSchema, { cpu: 2 }],
    ['POST', '/sandbox/routes/network-settings', 200, sandboxDtoSchema, { networkBlockAll: false }],
    ['POST', '/sandbox/routes/backup', 200, sandboxDtoSchema],
    ['POST', '/sandbox/routes/last-activity', 201, nothingSchema, {}],
    ['GET', '/sandbox/routes/toolbox-proxy-url', 200, urlAnswerSchema],
    ['GET', '/sandbox/routes/build-logs-url', 200, urlAnswerSchema],
    ['GET', '/sandbox/routes/build-logs?follow=true', 200, textSchema],
    ['GET', '/sandbox/routes/forks', 200, z.array(sandboxDtoSchema)],
    ['GET', '/sandbox/routes/ancestors', 200, z.array(sandboxDtoSchema)],
    ['GET', '/sandbox/routes/secrets', 200, sandboxSecretsSchema],
    ['PUT', '/sandbox/routes/secrets', 200, sandboxDtoSchema, { secrets: [] }],
    ['DELETE', '/sandbox/routes/ssh-access', 200, sandboxDtoSchema],
    ['GET', '/sandbox/ssh-access/validate?token=t', 200, sshAccessValidationSchema],
    ['GET', '/sandbox/routes/telemetry/metrics?from=a&to=b', 200, metricsResponseSchema],
    ['GET', '/sandbox/routes/telemetry/logs?page=2', 200, telemetryPageSchema],
    ['GET', '/sandbox/routes/telemetry/traces', 200, telemetryPageSchema],
    ['GET', '/sandbox/routes/telemetry/traces/t', 200, z.array(z.unknown())],
    ['GET', '/snapshots', 200, snapshotPageSchema],
    ['GET', '/snapshots/default', 200, snapshotDtoSchema],
    ['POST', '/snapshots/default/activate', 200, snapshotDtoSchema],
    ['GET', '/snapshots/default/build-logs-url', 200, urlAnswerSchema],
    ['GET', '/snapshots/default/build-logs', 200, textSchema],
    ['GET', '/volumes', 200, z.array(volumeDtoSchema)],
    ['GET', '/volumes?includeDeleted=true', 200, z.array(volumeDtoSchema)],
    ['GET', '/secret', 200, z.array(secretDtoSchema)],
    ['GET', '/secret/paginated?limit=10&sort=name', 200, secretPageSchema],
    ['GET', '/warm-pools', 200, z.array(warmPoolDtoSchema).length(1)],
    ['GET', '/health', 200, z.object({ status: z.literal('ok') })],
    ['GET', '/health/ready', 200, z.object({ status: z.literal('ok') })],
    ['GET', '/config', 200, configurationSchema],
  ])('%s %s', async (method, route, status, shape, body) => {
    const answer = await engine.api(method, route, body)
    expect([answer.status, answer.text]).toEqual([status, expect.any(String)])
    const isJson = answer.headers.get('content-type')?.startsWith('application/json')
    const problem = shape.safeParse(isJson ? answer.json() : answer.text).error
    expect(problem && `${problem.message} in ${answer.text}`).toBeUndefined()
  })

  test('the URL of the build logs leads to a finite text', async () => {
    for (const of of ['/sandbox/routes', '/snapshots/default']) {
      const { url } = (await engine.api('GET', `${of}/build-logs-url`)).json<{ url: string }>()
      const logs = await fetch(`${url}?follow=true`, { headers: { authorization: `Bearer ${engine.apiKey}` } })
      expect([logs.status, await logs.text()]).toEqual([200, expect.stringContaining('No image was built')])
    }
  })
})

describe('unsupported features are refused in one sentence, never as an unknown route', () => {
  test.each<[method: string, route: string, status: number, message: RegExp, body?: unknown]>([
    ['POST', '/sandbox/routes/archive', 400, /not stopped/],
    ['POST', '/sandbox/routes/pause', 422, /pausing is not supported/],
    ['POST', '/sandbox/routes/autopause/5', 422, /pausing is not supported/],
    ['POST', '/sandbox/routes/autopause/-1', 400, /minutes/],
    ['POST', '/sandbox/routes/ttl/-1', 400, /minutes/],
    ['POST', '/sandbox/routes/ttl/x', 400, /minutes/],
    ['POST', '/sandbox/routes/ttl/99999999', 400, /minutes/],
    ['POST', '/sandbox/routes/recover', 400, /not in an error state/],
    ['POST', '/sandbox/routes/recover?skipStart=maybe', 400, /skipStart/],
    ['POST', '/sandbox/routes/resize', 400, /at least one/, {}],
    ['POST', '/sandbox/routes/resize', 400, /cpu/, { cpu: 0 }],
    ['POST', '/sandbox/routes/resize', 400, /memory/, { memory: 0.5 }],
    ['POST', '/sandbox/routes/resize', 400, /memory/, { memory: 'much' }],
    ['POST', '/sandbox/routes/resize', 400, /only be increased/, { disk: 1 }],
    [
      'POST',
      '/sandbox/routes/network-settings',
      400,
      /^networkAllowList: '10.0.0.1' has/,
      { networkAllowList: '10.0.0.1' },
    ],
    ['POST', '/sandbox/routes/network-settings', 400, /^domainAllowList/, { domainAllowList: 'example.com' }],
    ['POST', '/sandbox/routes/network-settings', 400, /contradict/, { networkBlockAll: false, networkPolicy: 'none' }],
    ['POST', '/sandbox/routes/network-settings', 400, /networkPolicy/, { networkPolicy: 'allow-list' }],
    ['POST', '/sandbox/routes/network-settings', 400, /networkBlockAll/, {}],
    ['POST', '/sandbox/routes/network-settings', 400, /networkBlockAll/, { networkBlockAll: 'yes' }],
    ['POST', '/sandbox/routes/snapshot', 400, /name/i, {}],
    ['POST', '/sandbox/routes/snapshot', 400, /name/, { name: '../x' }],
    ['POST', '/sandbox/routes/snapshot', 409, /already exists/, { name: 'default' }],
    ['POST', '/sandbox/routes/snapshot', 422, /memory/, { name: 'm', includeMemory: true }],
    ['POST', '/sandbox/routes/fork', 400, /name/, { name: 'a/b' }],
    ['POST', '/sandbox/routes/fork', 409, /already exists/, { name: 'routes' }],
    ['GET', '/sandbox/routes/parent', 404, /no parent/],
    ['PUT', '/sandbox/routes/secrets', 422, /secrets are not supported/, { secrets: [{ KEY: 'name' }] }],
    ['PUT', '/sandbox/routes/secrets', 400, /secrets/, { secrets: 'all' }],
    ['POST', '/sandbox/routes/ssh-access?expiresInMinutes=60', 422, /SSH/],
    ['DELETE', '/sandbox/routes/ssh-access?token=t', 404, /SSH access not found/],
    ['GET', '/sandbox/for-runner', 403, /runner/],
    ['PUT', '/sandbox/routes/state', 403, /runner/, { state: 'started' }],
    ['GET', '/sandbox/routes/organization', 403, /runner/],
    ['GET', '/sandbox/routes/region-quota', 403, /runner/],
    ['GET', '/snapshots/none', 404, /Snapshot with ID or name none not found/],
    ['GET', '/snapshots?page=0', 400, /page/],
    ['GET', '/snapshots?sort=size', 400, /sort/],
    ['POST', '/snapshots', 422, /images are not supported/, { name: 'x', imageName: 'debian' }],
    ['DELETE', '/snapshots/default', 422, /cannot be deleted/],
    ['DELETE', `/snapshots/${missing}`, 404, /not found/],
    ['POST', '/snapshots/default/deactivate', 422, /not supported/],
    ['POST', '/snapshots/none/activate', 404, /not found/],
    ['POST', '/volumes', 422, /volumes are not supported/, { name: 'v' }],
    ['GET', '/volumes/by-name/v', 404, /Volume with name v not found/],
    ['GET', `/volumes/${missing}`, 404, /Volume/],
    ['DELETE', `/volumes/${missing}`, 404, /Volume/],
    ['POST', '/secret', 422, /secrets are not supported/, { name: 's', value: 'v' }],
    ['GET', `/secret/${missing}`, 404, /Secret/],
    ['PATCH', `/secret/${missing}`, 404, /Secret/, { value: 'v' }],
    ['DELETE', `/secret/${missing}`, 404, /Secret/],
    ['POST', '/warm-pools', 422, /SANDGLASS_WARM/, { snapshot: 'default', pool: 3 }],
    ['PATCH', `/warm-pools/${missing}`, 404, /Warm pool/, { pool: 3 }],
    ['DELETE', `/warm-pools/${missing}`, 404, /Warm pool/],
    ['GET', '/object-storage/push-access', 422, /images are not supported/],
    ['POST', '/sandbox', 400, /pausing/, { autoPauseInterval: 60 }],
    ['POST', '/sandbox', 400, /ttlMinutes/, { ttlMinutes: -1 }],
    ['POST', '/sandbox', 400, /Snapshot big not found/, { snapshot: 'big' }],
    ['POST', '/sandbox', 400, /secrets/, { secrets: [{ KEY: 'name' }] }],
    ['POST', '/sandbox', 400, /volumes/, { volumes: [{ volumeId: 'v', mountPath: '/v' }] }],
    ['POST', '/sandbox', 400, /GPU/, { gpu: 1 }],
    ['POST', '/sandbox', 400, /cpu/, { cpu: 0.5 }],
    ['POST', '/sandbox', 400, /linked/, { linkedSandbox: 'routes' }],
    ['POST', '/sandbox', 400, /proxy/, { outboundProxyUrl: 'http://proxy' }],
  ])('%s %s %d %s', async (method, route, status, message, body) => {
    const answer = await engine.api(method, route, body)
    const envelope = errorEnvelopeSchema.parse(answer.json())
    expect(envelope).toMatchObject({
      statusCode: status,
      message: expect.stringMatching(message),
      source: 'DAYTONA_API',
      code: expect.stringMatching(/^[A-Z_]+$/),
      error: expect.any(String),
      path: `/api${route.split('?')[0]}`,
      method,
    })
    expect(answer.status).toBe(status)
  })

  test.each(['ttl/5', 'resize', 'fork', 'snapshot', 'archive', 'recover', 'network-settings', 'secrets'])(
    'a missing sandbox is reported by %s',
    async (action) => {
      const method = action === 'secrets' ? 'PUT' : 'POST'
      const answer = await engine.api(method, `/sandbox/${missing}/${action}`, {})
      expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
        404,
        `Sandbox with ID or name ${missing} not found`,
      ])
    },
  )

  test.each([
    '/snapshots',
    '/volumes',
    '/secret',
    '/warm-pools',
    '/sandbox/routes/forks',
    '/object-storage/push-access',
  ])('%s requires the key first', async (route) => {
    expect((await fetch(`${engine.apiUrl}${route}`)).status).toBe(401)
  })
})

test('a body may have any content type, and a POST without body may have that of a form', async () => {
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json; charset=latin1', '*/*']) {
    const labels = { of: 'routes', type }
    const put = await engine.api('PUT', '/sandbox/routes/labels', { labels }, { 'content-type': type })
    expect([put.status, put.json<SandboxDto>().labels]).toEqual([200, labels])
    for (const action of ['start', 'autostop/15', 'ttl/0', 'backup']) {
      const post = await engine.api('POST', `/sandbox/routes/${action}`, undefined, { 'content-type': type })
      expect([type, action, post.status]).toEqual([type, action, action === 'start' || action === 'backup' ? 200 : 201])
    }
  }
})

describe('a sandbox on the wire', () => {
  const contract = [
    'id organizationId name snapshot user env labels public networkBlockAll target cpu gpu memory disk state',
    'desiredState recoverable backupState autoStopInterval autoArchiveInterval autoDeleteInterval createdAt updatedAt',
    'lastActivityAt sandboxClass daemonVersion toolboxProxyUrl',
  ].flatMap((line) => line.split(' '))
  const later = ['kvm', 'autoPauseInterval', 'isolation', 'networkPolicy']
  /** The names of its fields, except the one that appears after the first disk measurement. */
  const fieldsOf = (wire: object) =>
    Object.keys(wire)
      .filter((name) => name !== 'diskUsage')
      .sort()

  test('has every field of the contract, and omits unknown values', async () => {
    const dto = (await engine.api('GET', '/sandbox/routes')).json<SandboxDto>()
    expect(fieldsOf(dto)).toEqual([...contract, ...later].sort())
    expect(Object.values(dto)).not.toContain(null)
  })

  test('is the same in the list, but without its environment', async () => {
    const { items } = (await engine.api('GET', '/sandbox?name=routes')).json<SandboxPage>()
    expect(items.map((item) => fieldsOf(sandboxListItemSchema.parse(item)))).toEqual([
      [...contract, ...later].filter((name) => name !== 'env').sort(),
    ])
  })

  test('has only older fields for clients that fail on unknown ones', async () => {
    const old = { 'x-daytona-source': 'sdk-go', 'x-daytona-sdk-version': '0.187.0' }
    await engine.api('POST', '/sandbox/routes/ttl/600')
    const dto = (await engine.api('GET', '/sandbox/routes', undefined, old)).json<SandboxDto>()
    expect(Object.keys(dto).sort()).toEqual([...contract].sort())
    const { items } = (await engine.api('GET', '/sandbox?name=routes', undefined, old)).json<SandboxPage>()
    const inList = contract.filter((name) => name !== 'env' && name !== 'networkBlockAll')
    expect(items.map((item) => Object.keys(item).sort())).toEqual([inList.sort()])
    await engine.api('POST', '/sandbox/routes/ttl/0')
  })
})

describe('lists', () => {
  let made: SandboxDto[]
  beforeAll(async () => {
    made = await Promise.all([
      engine.createSandbox({ name: 'f-a', cpu: 1, memory: 1, disk: 1, ttlMinutes: 60 }),
      engine.createSandbox({ name: 'f-b', cpu: 4, memory: 8, disk: 20, public: true }),
    ])
  })
  afterAll(() => Promise.all(made.map(({ id }) => engine.api('DELETE', `/sandbox/${id}`))))

  test.each([
    ['', ['f-a', 'f-b']],
    ['regionIds=local', ['f-a', 'f-b']],
    ['regionIds=eu&regionIds=us', []],
    ['sandboxClasses=container', ['f-a', 'f-b']],
    ['sandboxClasses=android', []],
    ['minCpu=2', ['f-b']],
    ['maxCpu=2', ['f-a']],
    ['minMemoryGiB=2&maxMemoryGiB=8', ['f-b']],
    ['maxDiskGiB=1', ['f-a']],
    ['minGpu=1', []],
    ['maxGpu=0', ['f-a', 'f-b']],
    ['isPublic=true', ['f-b']],
    ['isRecoverable=true', []],
    ['isRecoverable=false', ['f-a', 'f-b']],
    ['snapshots=default', ['f-a', 'f-b']],
    ['snapshots=other', []],
    ['autoDestroyAtAfter=2020-01-01T00:00:00Z', ['f-a']],
    ['autoDestroyAtBefore=2020-01-01T00:00:00Z', []],
    ['includeErroredDeleted=true&includeWarm=true', ['f-a', 'f-b']],
    ['states=stopped', []],
    ['createdAtBefore=2020-01-01T00:00:00Z', []],
  ])('the filter %j returns %j', async (filter, names) => {
    const { items } = (await engine.api('GET', `/sandbox?name=f-&sort=name&order=asc&${filter}`)).json<SandboxPage>()
    expect(items.map((item) => item.name)).toEqual(names)
  })

  test.each(['states=destroyed', 'minGpu=x', 'isRecoverable=yes', 'autoDestroyAtAfter=soon', 'sort=colour'])(
    '%s is refused with its name',
    async (query) => {
      const answer = await engine.api('GET', `/sandbox?${query}`)
      expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
        400,
        expect.stringContaining(query.split('=')[0] ?? ''),
      ])
    },
  )

  test('the older list has numbered pages of complete sandboxes', async () => {
    const page = async (query: string) =>
      sandboxPagedSchema.parse((await engine.api('GET', `/sandbox/paginated?${query}`)).json())
    const second = await page('name=f-&limit=1&page=2&sort=name&order=asc')
    expect([second.items.map((item) => item.name), second.total, second.page, second.totalPages]).toEqual([
      ['f-b'],
      2,
      2,
      2,
    ])
    expect(second.items[0]?.env).toEqual({})
    expect((await page('name=f-&page=9')).items).toEqual([])
    expect((await page('regions=eu')).total).toBe(0)
    expect((await page('sort=state')).items.length).toBeGreaterThan(2)
    expect((await engine.api('GET', '/sandbox/paginated?page=0')).status).toBe(400)
  })
})

describe('Socket.IO', () => {
  const route = '/api/socket.io/?source=sdk-typescript&sdkVersion=0.216.0&EIO=4&transport=websocket'

  /** A bare WebSocket that sends frames like the SDK's client. */
  async function connect(token: string): Promise<{ socket: WebSocket; frames: string[] }> {
    const socket = engine.webSocket(route, [], { authorization: '' })
    const frames: string[] = []
    socket.on('message', (data) => {
      const frame = data.toString()
      frames.push(frame)
      if (frame.startsWith('0')) socket.send(`40${JSON.stringify({ token })}`)
      if (frame === '2') socket.send('3')
    })
    await once(socket, 'open')
    return { socket, frames }
  }

  test("a wrong key gets a message that ends the client's attempts", async () => {
    const { socket, frames } = await connect('wrong')
    await eventually('a response', () => frames.length > 1)
    expect(frames[1]).toBe('44{"message":"Invalid credentials"}')
    socket.terminate()
  })

  test('creation, states and desired states are sent as they change', async () => {
    const { socket, frames } = await connect(engine.apiKey)
    await eventually('the connection is accepted', () => frames.some((frame) => /^40\{"sid":"[^"]+"\}$/.test(frame)))
    expect(JSON.parse(frames[0]?.slice(1) ?? '')).toMatchObject({ pingInterval: 25_000, pingTimeout: 20_000 })
    const { id } = await engine.createSandbox({ name: 'reported' })
    await engine.api('POST', '/sandbox/reported/stop')
    await engine.api('POST', '/sandbox/reported/start')
    await engine.api('DELETE', '/sandbox/reported')
    const events = () =>
      frames
        .filter((frame) => frame.startsWith('42'))
        .map((frame) => JSON.parse(frame.slice(2)) as [string, Record<string, unknown>])
    const updates = (name: string) =>
      events().flatMap(([event, { sandbox: of, ...rest }]) =>
        event === name && sandboxDtoSchema.parse(of ?? rest).id === id ? [rest] : [],
      )
    await eventually(
      'its deletion is reported',
      () => updates('sandbox.state.updated').at(-1)?.newState === 'destroyed',
    )
    expect(updates('sandbox.created')).toHaveLength(1)
    const settled = updates('sandbox.state.updated').map(({ newState }) => String(newState))
    expect(settled.filter((state) => !state.endsWith('ing'))).toEqual(['started', 'stopped', 'started', 'destroyed'])
    expect(updates('sandbox.desired-state.updated')).toEqual([
      { oldDesiredState: 'started', newDesiredState: 'stopped' },
      { oldDesiredState: 'stopped', newDesiredState: 'started' },
      { oldDesiredState: 'started', newDesiredState: 'destroyed' },
    ])
    socket.terminate()
  })
})

test('the warm pool is visible but not a pool that clients can change', async () => {
  await eventually('one toolbox is ready', async () => {
    const [pool] = (await engine.api('GET', '/warm-pools')).json<{ currentSize: number }[]>()
    return pool?.currentSize === 1
  })
  const [pool] = z.array(warmPoolDtoSchema).parse((await engine.api('GET', '/warm-pools')).json())
  expect(pool).toMatchObject({ snapshot: 'default', target: 'local', pool: 1, osUser: 'daytona' })
  const refused = await engine.api('PATCH', `/warm-pools/${pool?.id}`, { pool: 5 })
  expect([refused.status, refused.json<{ message: string }>().message]).toEqual([
    422,
    expect.stringContaining('SANDGLASS_WARM'),
  ])
})

describe('accounts', () => {
  const client = () => new Configuration({ basePath: engine.apiUrl, accessToken: engine.apiKey })

  test('the official client reads the one user, organization, key and region', async () => {
    const { data: user } = await new UsersApi(client()).getAuthenticatedUser()
    const { data: organizations } = await new OrganizationsApi(client()).listOrganizations()
    const [organization] = organizations
    const sandbox = await engine.createSandbox()
    expect(organization).toMatchObject({ id: sandbox.organizationId, createdBy: user.id, suspended: false })
    expect(organization?.maxCpuPerSandbox).toBeGreaterThan(0)
    const { data: users } = await new OrganizationsApi(client()).listOrganizationMembers(organization?.id ?? '')
    expect(users).toMatchObject([{ userId: user.id, role: 'owner' }])
    const { data: key } = await new ApiKeysApi(client()).getCurrentApiKey()
    expect(key).toMatchObject({ userId: user.id, lastUsedAt: null, value: `…${engine.apiKey.slice(-4)}` })
    expect(Date.parse(String(key.createdAt))).toBeGreaterThan(Date.parse('2026-01-01'))
    expect((await new ApiKeysApi(client()).listApiKeys()).data).toEqual([key])
    const { data: regions } = await new OrganizationsApi(client()).listAvailableRegions()
    expect(regions.map(({ id }) => id)).toEqual([sandbox.target])
  })

  test('others do not exist, none can be made, and nobody reads them without the key', async () => {
    for (const route of ['/organizations/other', '/organizations/other/users', '/regions/eu']) {
      expect([route, (await engine.api('GET', route)).status]).toEqual([route, 404])
    }
    for (const route of ['/organizations', '/api-keys']) {
      expect([route, (await engine.api('POST', route, { name: 'x' })).status]).toEqual([route, 422])
    }
    for (const route of ['/users/me', '/organizations', '/api-keys/current', '/regions']) {
      const answer = await engine.api('GET', route, undefined, { authorization: 'Bearer wrong' })
      expect([route, answer.status]).toEqual([route, 401])
    }
  })

  test('what a toolbox does not have is refused with a sentence', async () => {
    const { id } = await engine.createSandbox()
    for (const [method, route] of [
      ['POST', '/computeruse/start'],
      ['GET', '/computeruse/display/info'],
      ['DELETE', '/computeruse/recordings/x'],
    ] as const) {
      const answer = await engine.toolbox(id, method, route)
      expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
        422,
        expect.stringContaining('sandboxes have no display'),
      ])
    }
  })
})
