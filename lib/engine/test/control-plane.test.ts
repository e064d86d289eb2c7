import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ExecuteResponse } from '@/lib/process-api/process'
import { type SandboxDto, type SandboxPage, sandboxDtoSchema } from '@/lib/process-api/sandbox'
import type { WarmPoolDto } from '@/lib/process-api/warm-pools'
import { ProcessSnapshot, sandboxMark } from '../linux/process-table'
import {
  buildProgram,
  type EngineFixture,
  type EngineOptions,
  engineEnvironment,
  freePort,
  startEngine,
} from './engine-fixture'
import { eventually } from './toolbox-fixture'

/** All processes of these sandboxes, including detached ones. */
function processesOf(ids: string[]): number[] {
  const snapshot = new ProcessSnapshot()
  return [...snapshot.entries.keys()].filter((pid) => ids.some((id) => snapshot.hasVariable(pid, sandboxMark, id)))
}

/** A request with headers that `fetch` does not allow. */
async function rawRequest(
  engine: EngineFixture,
  method: string,
  route: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
  const request = httpRequest({ port: engine.port, host: '127.0.0.1', method, path: route, headers })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode ?? 0, headers: response.headers, text }
}

describe('with one engine', () => {
  let engine: EngineFixture
  beforeAll(async () => {
    engine = await startEngine({ warm: 1 })
  })
  afterAll(() => engine.stop())

  const auth = () => ({ authorization: `Bearer ${engine.apiKey}` })
  const get = async (id: string) => (await engine.api('GET', `/sandbox/${id}`)).json<SandboxDto>()

  describe('access', () => {
    test.each([[{}], [{ authorization: 'Bearer no' }], [{ authorization: 'Basic eDp5' }]])(
      '%o is refused',
      async (headers) => {
        const response = await fetch(`${engine.apiUrl}/sandbox`, { headers: headers as Record<string, string> })
        expect(response.status).toBe(401)
        expect(await response.json()).toEqual({
          path: '/api/sandbox',
          method: 'GET',
          statusCode: 401,
          error: 'Unauthorized',
          message: 'Invalid credentials',
          code: 'UNAUTHORIZED',
          source: 'DAYTONA_API',
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        })
      },
    )

    test.each(['evil.example', 'evil.example:3986', '127.0.0.1.evil.example'])('host %j is refused', async (host) => {
      for (const route of ['/health', '/api/sandbox', '/toolbox/x/version']) {
        expect((await rawRequest(engine, 'GET', route, { ...auth(), host })).status).toBe(403)
      }
    })

    test.each(['localhost', 'localhost:1234', '127.0.0.1', '[::1]:3986', 'console.localhost:3986'])(
      'host %j is one of ours',
      async (host) => {
        expect((await rawRequest(engine, 'GET', '/health', { host })).status).toBe(200)
      },
    )

    test('any origin is allowed, but without cookies at the control plane', async () => {
      const origin = 'https://console.example'
      const preflight = await rawRequest(engine, 'OPTIONS', '/toolbox/x/process/execute', {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-daytona-sdk-version,x-daytona-source',
      })
      expect(preflight.status).toBe(204)
      expect(preflight.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'authorization,content-type,x-daytona-sdk-version,x-daytona-source',
        'access-control-allow-methods': expect.stringContaining('POST'),
      })
      const sandbox = await engine.createSandbox()
      const proxied = await rawRequest(engine, 'GET', `/toolbox/${sandbox.id}/version`, { ...auth(), origin })
      expect(proxied.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' })
      const silent = { ...auth(), origin, 'x-daytona-disable-cors': 'true' }
      const disabled = await rawRequest(engine, 'GET', `/toolbox/${sandbox.id}/version`, silent)
      expect(disabled.headers['access-control-allow-origin']).toBeUndefined()
      const plain = await rawRequest(engine, 'GET', '/api/sandbox', { ...auth(), origin })
      expect(plain.headers['access-control-allow-origin']).toBe(origin)
      expect(plain.headers['access-control-allow-credentials']).toBeUndefined()
      await engine.api('DELETE', `/sandbox/${sandbox.id}`)
    })
  })

  describe('create', () => {
    test('the smallest body that an SDK sends creates a started sandbox with every field, whose toolbox responds', async () => {
      const labels = { 'code-toolbox-language': 'python' }
      const answer = await engine.api('POST', '/sandbox', { env: {}, labels, target: 'local' })
      expect(answer.status).toBe(200)
      const dto = sandboxDtoSchema.parse(answer.json())
      expect(dto).toMatchObject({
        name: dto.id,
        user: 'daytona',
        env: {},
        labels,
        public: false,
        networkBlockAll: false,
        target: 'local',
        cpu: 2,
        gpu: 0,
        memory: 4,
        disk: 10,
        state: 'started',
        desiredState: 'started',
        autoStopInterval: 15,
        autoArchiveInterval: 10_080,
        autoDeleteInterval: -1,
        toolboxProxyUrl: engine.toolboxUrl,
      })
      for (const time of [dto.createdAt, dto.updatedAt, dto.lastActivityAt]) {
        expect(Math.abs(Date.now() - Date.parse(time ?? ''))).toBeLessThan(30_000)
      }
      expect((await engine.toolbox(dto.id, 'GET', '/version')).json()).toEqual({ version: expect.any(String) })
      const url = (await engine.api('GET', `/sandbox/${dto.id}/toolbox-proxy-url`)).json<{ url: string }>()
      expect(url).toEqual({ url: engine.toolboxUrl })
      await engine.api('DELETE', `/sandbox/${dto.id}`)
    })

    test('its environment reaches commands, from a warm toolbox and a cold one', async () => {
      for (const networkBlockAll of [false, true]) {
        const sandbox = await engine.createSandbox({ env: { GREETING: "it's  here" }, networkBlockAll })
        const { result } = (
          await engine.toolbox(sandbox.id, 'POST', '/process/execute', { command: 'printf %s "$GREETING"' })
        ).json<ExecuteResponse>()
        expect(result).toBe("it's  here")
        expect(sandbox.networkBlockAll).toBe(networkBlockAll)
        await engine.api('DELETE', `/sandbox/${sandbox.id}`)
      }
    })

    test('a name is unique and finds the sandbox', async () => {
      const sandbox = await engine.createSandbox({ name: 'my.box-1' })
      expect((await get('my.box-1')).id).toBe(sandbox.id)
      const taken = await engine.api('POST', '/sandbox', { name: 'my.box-1' })
      expect([taken.status, taken.json<{ message: string }>().message]).toEqual([
        409,
        'Sandbox with name my.box-1 already exists',
      ])
      const both = await Promise.all([1, 2].map(() => engine.api('POST', '/sandbox', { name: 'twin' })))
      expect(both.map((answer) => answer.status).sort()).toEqual([200, 409])
      await Promise.all(['my.box-1', 'twin'].map((name) => engine.api('DELETE', `/sandbox/${name}`)))
    })

    test.each([
      ['malformed JSON', '{"name":', /JSON/],
      ['a list', '[]', /object/],
      ['nothing', '', /EOF/],
      ['a name with a slash', { name: 'a/b' }, /name/],
      ['a name of 300 characters', { name: 'x'.repeat(300) }, /name/],
      ['..', { name: '..' }, /name/],
      ['a number as name', { name: 5 }, /name/],
      ['an env that is a text', { env: 'A=b' }, /env/],
      ['an env name with =', { env: { 'A=B': 'c' } }, /invalid environment variable name: 'A=B'/],
      ['an env value with NUL', { env: { A: 'a\0b' } }, /environment/],
      ['a negative interval', { autoStopInterval: -5 }, /autoStopInterval/],
      ['half a minute', { autoStopInterval: 0.5 }, /autoStopInterval/],
      ['no cpu', { cpu: 0 }, /cpu/],
      ['an image', { buildInfo: { dockerfileContent: 'FROM x' } }, /images/],
      ['an allow list of names', { domainAllowList: 'example.com' }, /^domainAllowList: names are not supported/],
      ['an allow list of IPv6', { networkAllowList: 'fd00::/8' }, /^networkAllowList: 'fd00::\/8' is not IPv4/],
      ['an invalid allow list', { networkAllowList: '10.0.0.0/8,x' }, /^networkAllowList: 'x' is not an IPv4 network/],
      ['an allow list without network', { networkBlockAll: true, networkAllowList: '10.0.0.0/8' }, /contradict/],
      ['an unknown network policy', { networkPolicy: 'some' }, /networkPolicy/],
      ['another user', { user: 'root' }, /daytona/],
      ['another snapshot', { snapshot: 'big' }, /Snapshot big not found/],
      ['labels that are no texts', { labels: { a: 1 } }, /labels/],
    ])('%s is refused with 400 and the reason', async (_name, body, message) => {
      const answer = await engine.api('POST', '/sandbox', body)
      expect(answer.status).toBe(400)
      expect(answer.json<{ message: string }>().message).toMatch(message)
    })

    test('unknown fields are ignored, and an empty name counts as absent', async () => {
      const sandbox = await engine.createSandbox({ name: '', somethingNew: { a: 1 }, volumes: [], gpu: 0 })
      expect(sandbox.name).toBe(sandbox.id)
      await engine.api('DELETE', `/sandbox/${sandbox.id}`)
    })
  })

  describe('one sandbox', () => {
    let sandbox: SandboxDto
    beforeAll(async () => {
      sandbox = await engine.createSandbox({ labels: { a: 'b' } })
    })
    afterAll(() => engine.api('DELETE', `/sandbox/${sandbox.id}`))

    test('stops and starts; files stay, its token changes', async () => {
      const token = async () =>
        (await engine.api('GET', `/sandbox/${sandbox.id}/ports/1/preview-url`)).json<{ token: string }>().token
      const first = await token()
      await engine.toolbox(sandbox.id, 'POST', '/process/execute', { command: 'echo kept > ~/file; echo t > /tmp/t' })
      const form = { 'content-type': 'application/x-www-form-urlencoded' }
      const stopped = await engine.api('POST', `/sandbox/${sandbox.id}/stop`, undefined, form)
      expect([stopped.status, stopped.json<SandboxDto>().state]).toEqual([200, 'stopped'])
      expect(processesOf([sandbox.id])).toEqual([])
      const again = await engine.api('POST', `/sandbox/${sandbox.id}/stop`)
      expect([again.status, again.json<{ message: string }>().message]).toEqual([
        400,
        'Sandbox is not in a stoppable state',
      ])
      const refused = await engine.toolbox(sandbox.id, 'POST', '/process/execute', { command: 'true' })
      expect(refused.status).toBe(409)
      expect(refused.json<{ message: string }>().message).toMatch(/is stopped; start it first/)
      const started = await engine.api('POST', `/sandbox/${sandbox.id}/start`, undefined, form)
      expect([started.status, started.json<SandboxDto>().state]).toEqual([200, 'started'])
      const unchanged = await engine.api('POST', `/sandbox/${sandbox.id}/start`)
      expect([unchanged.status, unchanged.json<SandboxDto>().state]).toEqual([200, 'started'])
      expect(await token()).not.toBe(first)
      expect(first).toMatch(/^[a-z0-9]{32}$/)
      const { result } = (
        await engine.toolbox(sandbox.id, 'POST', '/process/execute', { command: 'cat ~/file /tmp/t' })
      ).json<ExecuteResponse>()
      expect(result).toBe('kept\nt\n')
    })

    test('labels are replaced as a whole', async () => {
      const answer = await engine.api('PUT', `/sandbox/${sandbox.id}/labels`, { labels: { c: 'd' } })
      expect([answer.status, answer.json<SandboxDto>().labels]).toEqual([200, { c: 'd' }])
      expect((await get(sandbox.id)).labels).toEqual({ c: 'd' })
      expect((await engine.api('PUT', `/sandbox/${sandbox.id}/labels`, { labels: [] })).status).toBe(400)
    })

    test('intervals and the public flag can be changed and persist', async () => {
      for (const route of ['autostop/7', 'autoarchive/8', 'autodelete/9', 'public/true']) {
        expect((await engine.api('POST', `/sandbox/${sandbox.id}/${route}`)).status).toBe(201)
      }
      const seen = await get(sandbox.id)
      expect([seen.autoStopInterval, seen.autoArchiveInterval, seen.autoDeleteInterval, seen.public]).toEqual([
        7,
        8,
        9,
        true,
      ])
      await engine.api('POST', `/sandbox/${sandbox.id}/autodelete/-1`)
      expect((await get(sandbox.id)).autoDeleteInterval).toBe(-1)
      for (const route of ['autostop/x', 'autostop/1.5', 'public/maybe']) {
        expect((await engine.api('POST', `/sandbox/${sandbox.id}/${route}`)).status).toBe(400)
      }
    })

    test('activity is updated automatically and on request', async () => {
      const before = (await get(sandbox.id)).lastActivityAt ?? ''
      await eventually('the clock advances', () => new Date().toISOString() > before)
      const answer = await engine.api('POST', `/sandbox/${sandbox.id}/last-activity`, {})
      expect([answer.status, answer.text]).toEqual([201, ''])
      const updated = (await get(sandbox.id)).lastActivityAt ?? ''
      expect(updated > before).toBe(true)
      await eventually('the clock advances', () => new Date().toISOString() > updated)
      await engine.toolbox(sandbox.id, 'GET', '/version')
      expect(((await get(sandbox.id)).lastActivityAt ?? '') > updated).toBe(true)
    })

    test('the toolbox URL uses the address at which the client reached the engine', async () => {
      const answer = await rawRequest(engine, 'GET', `/api/sandbox/${sandbox.id}`, {
        ...auth(),
        host: 'localhost:9999',
      })
      expect(JSON.parse(answer.text).toolboxProxyUrl).toBe('http://localhost:9999/toolbox')
      // There is no trusted proxy.
      const claimed = await rawRequest(engine, 'GET', `/api/sandbox/${sandbox.id}`, {
        ...auth(),
        host: 'localhost',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example;proto=https',
      })
      expect(JSON.parse(claimed.text).toolboxProxyUrl).toBe('http://localhost/toolbox')
    })

    test.each([['nothing'], ['%2e%2e'], ['a%2fb'], ['x'.repeat(300)], ['%00']])(
      'there is no sandbox %s',
      async (name) => {
        const answer = await engine.api('GET', `/sandbox/${name}`)
        expect(answer.status).toBe(404)
        expect(answer.json()).toMatchObject({ statusCode: 404, code: 'NOT_FOUND', source: 'DAYTONA_API' })
        if (name === 'nothing') {
          expect(answer.json<{ message: string }>().message).toBe('Sandbox with ID or name nothing not found')
        }
      },
    )
  })

  test('deletion removes everything and can be repeated', async () => {
    const sandbox = await engine.createSandbox()
    await engine.toolbox(sandbox.id, 'POST', '/process/execute', {
      command:
        "mkdir -p ~/closed/inner && touch ~/closed/inner/x && chmod 0 ~/closed/inner ~/closed; touch ~/$'\\xff\\xfe'; setsid sleep 999 &",
    })
    const answer = await engine.api('DELETE', `/sandbox/${sandbox.id}`)
    expect([answer.status, answer.json<SandboxDto>().state]).toEqual([200, 'destroyed'])
    expect(processesOf([sandbox.id])).toEqual([])
    expect(existsSync(path.join(engine.dataDir, 'sandboxes', sandbox.id))).toBe(false)
    for (const method of ['GET', 'DELETE'])
      expect((await engine.api(method, `/sandbox/${sandbox.id}`)).status).toBe(404)
    expect((await engine.toolbox(sandbox.id, 'GET', '/version')).status).toBe(404)
    await eventually('its files are removed', () => readdirSync(path.join(engine.dataDir, 'deleted')).length === 0)
  })

  test('lists have pages without gaps or repetitions, and filters', async () => {
    const made = [
      await engine.createSandbox({ name: 'list-a', labels: { kind: 'list' } }),
      await engine.createSandbox({ name: 'list-b', labels: { kind: 'list' } }),
      await engine.createSandbox({ name: 'list-c', labels: { kind: 'list', other: 'yes' } }),
    ]
    await engine.api('POST', '/sandbox/list-b/stop')
    const list = async (query: string) => (await engine.api('GET', `/sandbox?${query}`)).json<SandboxPage>()
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: SandboxPage = await list(`limit=1&sort=name&order=asc&name=LIST-${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...page.items.map((item) => item.name))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(['list-a', 'list-b', 'list-c'])
    const labelled = await list(`labels=${encodeURIComponent('{"kind":"list","other":"yes"}')}`)
    expect(labelled.items.map((item) => item.name)).toEqual(['list-c'])
    expect(labelled.items[0]).not.toHaveProperty('env')
    expect((await list('name=list-&states=stopped&states=error')).items.map((item) => item.name)).toEqual(['list-b'])
    expect((await engine.api('GET', '/sandbox?limit=0')).status).toBe(400)
    await Promise.all(made.map(({ id }) => engine.api('DELETE', `/sandbox/${id}`)))
  })

  test('an ephemeral sandbox is deleted when it stops', async () => {
    const sandbox = await engine.createSandbox({ autoDeleteInterval: 0 })
    const answer = await engine.api('POST', `/sandbox/${sandbox.id}/stop?force=true`)
    expect([answer.status, answer.json<SandboxDto>().state]).toEqual([200, 'destroyed'])
    expect((await engine.api('GET', `/sandbox/${sandbox.id}`)).status).toBe(404)
  })

  test('a stopped sandbox still serves its runs and their output', async () => {
    const sandbox = await engine.createSandbox()
    const started = await engine.toolbox(sandbox.id, 'POST', '/process/run', {
      kind: 'command',
      command: 'echo kept output',
    })
    const { id } = started.json<{ id: string }>()
    await eventually('the run ends', async () => {
      const run = (await engine.toolbox(sandbox.id, 'GET', `/process/run/${id}`)).json<{ state: string }>()
      return run.state === 'succeeded'
    })
    await engine.api('POST', `/sandbox/${sandbox.id}/stop`)
    const listed = await engine.toolbox(sandbox.id, 'GET', '/process/run')
    expect([listed.status, listed.json<{ runs: Array<{ id: string }> }>().runs.map((run) => run.id)]).toEqual([
      200,
      [id],
    ])
    const download = await engine.toolbox(sandbox.id, 'GET', `/process/run/${id}/journal/download`)
    expect([download.status, download.text]).toEqual([200, 'kept output\n'])
    await engine.api('DELETE', `/sandbox/${sandbox.id}`)
  })

  test('creating, using and deleting leaks no descriptor, no zombie and no helper', async () => {
    const descriptors = () => readdirSync(`/proc/${engine.pid}/fd`).length
    const children = () =>
      readdirSync('/proc').flatMap((pid) => {
        try {
          const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')
          return fields?.[1] === String(engine.pid) ? [fields[0]] : []
        } catch {
          // Not a process, or it exited meanwhile.
          return []
        }
      })
    const round = async () => {
      const { id } = await engine.createSandbox({ networkBlockAll: false })
      await engine.toolbox(id, 'POST', '/process/execute', { command: 'setsid sleep 991 & (setsid true &)' })
      const follower = engine.webSocket(`/toolbox/${id}/events`)
      const closed = once(follower, 'close')
      await once(follower, 'open')
      await engine.api('DELETE', `/sandbox/${id}`)
      await closed
    }
    // Until the pool has replaced the toolbox that the round took, the engine has one child fewer.
    const poolIsFull = async () => (await engine.api('GET', '/warm-pools')).json<WarmPoolDto[]>()[0]?.currentSize === 1
    await round()
    await eventually(
      'the pool is full and no zombie is left',
      async () => (await poolIsFull()) && !children().includes('Z'),
    )
    const [before, processes] = [descriptors(), children().length]
    for (let i = 0; i < 8; i += 1) await round()
    await eventually('the pool is full', poolIsFull)
    await eventually('descriptors are closed', () => descriptors() <= before + 5)
    await eventually('processes have exited', () => children().length <= processes && !children().includes('Z'))
  })

  test('health and config need no key; an unknown route is a JSON 404', async () => {
    const base = `http://127.0.0.1:${engine.port}`
    expect(await (await fetch(`${base}/health`)).json()).toMatchObject({ status: 'ok' })
    expect(await (await fetch(`${base}/api/config`)).json()).toMatchObject({
      version: expect.any(String),
      proxyToolboxUrl: `${base}/toolbox`,
      proxyTemplateUrl: expect.stringContaining('{{PORT}}-{{sandboxId}}'),
      maintananceMode: false,
    })
    const unknown = await engine.api('GET', '/nothing/here')
    expect([unknown.status, unknown.json<{ statusCode: number; path: string }>()]).toMatchObject([
      404,
      { statusCode: 404, path: '/api/nothing/here' },
    ])
  })

  test('files of the engine are readable by its owner only', () => {
    const mode = (name: string) => statSync(path.join(engine.dataDir, name)).mode & 0o777
    expect([mode('api-key'), mode('connection.json'), mode('engine.lock'), mode('sandboxes')]).toEqual([
      0o600, 0o600, 0o600, 0o700,
    ])
    const connection = JSON.parse(readFileSync(path.join(engine.dataDir, 'connection.json'), 'utf8'))
    expect(connection).toEqual({ apiUrl: engine.apiUrl, apiKey: engine.apiKey, toolboxUrl: engine.toolboxUrl })
  })
})

describe('shutdown and restart of the engine', () => {
  let engine: EngineFixture | null = null
  afterEach(async () => {
    await engine?.stop()
    engine = null
  })

  test('on SIGTERM everything ends within 5 s and sandboxes are stopped; their files stay', async () => {
    engine = await startEngine({ warm: 1 })
    const made = await Promise.all([engine.createSandbox({ name: 'one' }), engine.createSandbox({ name: 'two' })])
    await engine.toolbox('none', 'GET', '/version')
    await engine.toolbox(made[0]?.id ?? '', 'POST', '/process/execute', {
      command: 'echo kept > file; trap "" TERM; (trap "" TERM; setsid sleep 999 &)',
    })
    const ids = readdirSync(path.join(engine.dataDir, 'sandboxes'))
    const startedAt = performance.now()
    expect(await engine.terminate('SIGTERM')).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect(processesOf(ids)).toEqual([])
    expect(existsSync(path.join(engine.dataDir, 'engine.lock'))).toBe(false)
    await engine.restart()
    for (const name of ['one', 'two']) {
      expect((await engine.api('GET', `/sandbox/${name}`)).json<SandboxDto>().state).toBe('stopped')
    }
    await engine.api('POST', '/sandbox/one/start')
    const { result } = (
      await engine.toolbox(made[0]?.id ?? '', 'POST', '/process/execute', { command: 'cat file' })
    ).json<ExecuteResponse>()
    expect(result).toBe('kept\n')
  })

  test('when its parent dies, the engine shuts down like on a signal', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'sandglass-launched-'))
    const port = await freePort()
    const child = spawn(process.execPath, [await buildProgram()], {
      env: engineEnvironment({ warm: 1 }, dataDir, port),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    // The first message says that the engine has locked its data directory.
    await eventually('the engine is ready', async () => (await once(child, 'message'))[0]?.type === 'ready')
    await eventually('a toolbox is ready', () => processesOf(readdirSync(path.join(dataDir, 'sandboxes'))).length > 0)
    const ids = readdirSync(path.join(dataDir, 'sandboxes'))
    child.disconnect()
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(processesOf(ids)).toEqual([])
    rmSync(dataDir, { recursive: true, force: true })
  })

  test('the key stays the same, and so do other fields of connection.json', async () => {
    engine = await startEngine()
    const key = engine.apiKey
    const file = path.join(engine.dataDir, 'connection.json')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), consoleUrl: 'http://x' }))
    await engine.restart()
    expect(engine.apiKey).toBe(key)
    expect(JSON.parse(readFileSync(file, 'utf8')).consoleUrl).toBe('http://x')
  })

  test('unreadable metadata is reported and moved aside, and affects no other sandbox', async () => {
    engine = await startEngine()
    const [good, bad] = [await engine.createSandbox({ name: 'good' }), await engine.createSandbox({ name: 'bad' })]
    await engine.terminate()
    writeFileSync(path.join(engine.dataDir, 'sandboxes', bad.id, 'sandbox.json'), '{"id": "half')
    await engine.restart()
    expect((await engine.api('GET', '/sandbox/good')).json<SandboxDto>().id).toBe(good.id)
    expect((await engine.api('GET', '/sandbox/bad')).status).toBe(404)
    expect(engine.log).toContain(`The metadata of sandbox ${bad.id} is not readable`)
    expect(
      readdirSync(path.join(engine.dataDir, 'sandboxes')).some((name) => name.startsWith(`unreadable-${bad.id}`)),
    ).toBe(true)
  })
})

/** EX_CONFIG of sysexits(3): starting the engine again would not help. */
const refusedExitCode = 78

describe('an engine that cannot start gives the reason in one sentence', () => {
  let folders: string[] = []
  const folder = () => {
    const made = mkdtempSync(path.join(tmpdir(), 'sandglass-start-'))
    folders.push(made)
    return made
  }
  afterEach(() => {
    for (const each of folders) rmSync(each, { recursive: true, force: true })
    folders = []
  })

  async function run(dataDir: string, port: number, options: EngineOptions = {}) {
    const child = spawn(process.execPath, [await buildProgram()], {
      env: engineEnvironment(options, dataDir, port),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
    }
    await once(child, 'close')
    return { code: child.exitCode, text: text.trim() }
  }

  test('a port in use', async () => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const { code, text } = await run(folder(), port, { isolation: 'none' })
    server.close()
    expect(code).toBe(refusedExitCode)
    expect(text).toContain(`Port ${port} is used by another program`)
    expect(text).not.toContain('    at ')
  })

  test('invalid settings', async () => {
    const bad = await run(folder(), await freePort(), { env: { SANDGLASS_ISOLATION: 'jail' } })
    expect([bad.code, bad.text]).toEqual([
      refusedExitCode,
      expect.stringMatching(/^SANDGLASS_ISOLATION is "jail", but it .*\.\n?$/),
    ])
  })

  test.runIf(process.getuid?.() === 0)('a full data directory', async () => {
    const dataDir = folder()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'full', dataDir])
    try {
      expect(() => writeFileSync(path.join(dataDir, 'filler'), Buffer.alloc(1024 * 1024))).toThrow(/ENOSPC/)
      const { code, text } = await run(dataDir, await freePort(), { isolation: 'none' })
      expect(code).toBe(refusedExitCode)
      expect(text).toMatch(new RegExp(`^The data directory ${dataDir} is not writable \\(ENOSPC\\).*\\.$`))
    } finally {
      execFileSync('umount', [dataDir])
    }
  })

  test('a read-only data directory', async () => {
    const dataDir = folder()
    const isRoot = process.getuid?.() === 0
    if (isRoot) execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'readonly', dataDir])
    else chmodSync(dataDir, 0o500)
    try {
      const { code, text } = await run(dataDir, await freePort(), { isolation: 'none' })
      expect(code).toBe(refusedExitCode)
      expect(text).toMatch(/^The data directory .* is not writable \((EROFS|EACCES)\).*\.$/)
    } finally {
      if (isRoot) execFileSync('umount', [dataDir])
      else chmodSync(dataDir, 0o700)
    }
  })

  test('a second engine on the same folder reports where the first one is, and exits successfully', async () => {
    const first = await startEngine({ isolation: 'none' })
    try {
      const { code, text } = await run(first.dataDir, await freePort(), { isolation: 'none' })
      expect([code, text]).toEqual([
        0,
        expect.stringContaining(
          `An engine with this data directory is already running at ${first.apiUrl} (process ${first.pid}).`,
        ),
      ])
    } finally {
      await first.stop()
    }
  })
})
