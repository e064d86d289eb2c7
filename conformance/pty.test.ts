/** Checklist 62 to 74: terminals. */
import { randomUUID } from 'node:crypto'
import { Daytona } from '@daytona/sdk'
import { afterAll, expect, it } from 'vitest'
import { type ConnectOptions, open, type PtyClient } from '@/lib/engine/test/pty-client'
import { eventually } from '@/lib/engine/test/toolbox-fixture'
import { createSandbox, deployment } from './client'
import { expectError } from './expectations'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

const exitControl = 'X-Daytona-Pty-Exit-Control'
const envsToken = (envs: unknown) => `X-Daytona-Pty-Envs~${Buffer.from(JSON.stringify(envs)).toString('base64url')}`

const create = (body: unknown) => sandbox.post('/process/pty', body)
const resize = (id: string, cols: number, rows: number) => sandbox.post(`/process/pty/${id}/resize`, { cols, rows })
const kill = (id: string) => sandbox.delete(`/process/pty/${id}`)

async function info(id: string): Promise<Record<string, unknown>> {
  const answer = await sandbox.request(`/process/pty/${id}`)
  expect(answer.status).toBe(200)
  return answer.json()
}

/** A terminal of its own with one client. */
async function terminal(options: ConnectOptions = {}): Promise<PtyClient & { id: string }> {
  const id = `p-${randomUUID()}`
  expect((await create({ id })).status).toBe(201)
  const client = await open(sandbox, `${id}/connect`, options)
  await client.connected()
  return Object.assign(client, { id })
}

it('62 a terminal has the default size and type, and its id again is a 409', async () => {
  const answer = await create({ id: 'p' })
  expect([answer.status, answer.json()]).toEqual([201, { sessionId: 'p' }])
  expect(await info('p')).toMatchObject({
    id: 'p',
    cwd: expect.stringMatching(/^\//),
    cols: 80,
    rows: 24,
    envs: { TERM: 'xterm-256color' },
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    active: true,
    lazyStart: false,
  })
  const list = (await sandbox.request('/process/pty')).json<{ sessions: { id: string }[] }>()
  expect(list.sessions.map((it) => it.id)).toContain('p')
  expectError(await create({ id: 'p' }), 409, 'already exists')
})

it('63 a terminal needs an id and at most 1000 columns', async () => {
  expectError(await create({}), 400, 'session ID is required')
  expectError(await create({ id: 'wide', cols: 1001 }), 400, 'cols')
  expect((await create({ id: 'wide', cols: 1000 })).status).toBe(201)
})

it('64 a lazy terminal starts when the first client connects', async () => {
  await create({ id: 'lazy', lazyStart: true })
  expect(await info('lazy')).toMatchObject({ active: false, lazyStart: true })
  const client = await open(sandbox, 'lazy/connect')
  await client.connected()
  await eventually('it is active', async () => (await info('lazy')).active)
})

it('65 the first message to a client is a text message that it is connected', async () => {
  const id = `p-${randomUUID()}`
  await create({ id })
  const first = await open(sandbox, `${id}/connect`)
  first.send('yes | head -c 300000; echo ready\n')
  await first.shows('ready')
  for (const client of [first, await open(sandbox, `${id}/connect`)]) {
    await client.connected()
    if (!deployment.reference) expect(client.order[0]).toBe('connected')
    expect(client.messages[0]).toEqual({ type: 'control', status: 'connected' })
  }
})

it('66 what is sent is typed, whether it comes as text or as bytes', async () => {
  const client = await terminal()
  client.send('echo $((6*7))\n')
  await client.shows('42')
  client.socket.send('echo $((6*8))\n')
  await client.shows('48')
})

it('67 a resize reaches the program, and is refused where it cannot be done', async () => {
  const client = await terminal()
  const answer = await resize(client.id, 100, 30)
  expect([answer.status, answer.json()]).toMatchObject([200, { id: client.id, cols: 100, rows: 30 }])
  client.send('stty size\n')
  await client.shows('30 100')
  expectError(await resize('none', 100, 30), 410)
  expectError(await resize(client.id, 1001, 30), 400)
})

it('68 the close tells the exit code after all output, and the terminal is gone', async () => {
  const failing = await terminal()
  failing.send('exec sh -c \'head -c 20000 /dev/zero | tr "\\\\0" q; exit 3\'\n')
  expect(await failing.done()).toEqual({
    code: 1011,
    reason: JSON.stringify({ exitCode: 3, exitReason: 'non-zero exit' }),
  })
  if (!deployment.reference) expect(failing.text.match(/q{20000}/)).not.toBeNull()
  const good = await terminal()
  good.send('exit\n')
  expect(await good.done()).toEqual({ code: 1000, reason: JSON.stringify({ exitCode: 0 }) })
  expectError(await sandbox.request(`/process/pty/${good.id}`), 404, 'PTY session not found')
})

it('69 a client that asked for exit control gets a message before the close, others do not', async () => {
  const asking = await terminal({ protocols: [exitControl] })
  const plain = await open(sandbox, `${asking.id}/connect`)
  await plain.connected()
  asking.send('exit 5\n')
  await Promise.all([asking.done(), plain.done()])
  expect(asking.last('exited')).toEqual({
    type: 'control',
    status: 'exited',
    exitCode: 5,
    exitReason: 'non-zero exit',
  })
  expect(asking.order.at(-1)).toBe('exited')
  expect(plain.last('exited')).toBeUndefined()
})

it('70 a deleted terminal takes its processes along and tells its clients', async () => {
  const client = await terminal()
  client.send('sleep 7070.1 & setsid sleep 7070.2 & sleep 7070.3\n')
  const sleeps = async () => (await sandbox.processes()).filter((line) => line.startsWith('sleep 7070')).length
  await eventually('all run', async () => (await sleeps()) === 3)
  const answer = await kill(client.id)
  expect([answer.status, answer.json()]).toEqual([200, { message: expect.any(String) }])
  const { code, reason } = await client.done()
  const killed = { exitCode: 137, exitReason: 'SIGKILL' }
  if (!deployment.reference) expect([code, JSON.parse(reason)]).toEqual([1011, killed])
  await eventually('no process is left', async () => (await sleeps()) === 0)
  expectError(await kill(client.id), 404, 'PTY session not found')
})

it('71 the socket of an unknown terminal reports that and is closed', async () => {
  const client = await open(sandbox, 'none/connect')
  await client.done()
  expect(client.last('error')).toMatchObject({ type: 'control', error: expect.stringContaining('not found') })
})

it('72 two clients see the same, either types, and one that leaves ends nothing', async () => {
  const first = await terminal()
  const second = await open(sandbox, `${first.id}/connect`)
  await second.connected()
  second.send('echo from sec""ond\n')
  await Promise.all([first.shows('from second'), second.shows('from second')])
  first.send('echo from fi""rst\n')
  await Promise.all([first.shows('from first'), second.shows('from first')])
  second.socket.close()
  await second.done()
  first.send('echo still he""re\n')
  await first.shows('still here')
  expect(await info(first.id)).toMatchObject({ active: true })
})

it('73 create-connect makes a terminal with its size and variables in one round trip', async () => {
  const client = await open(sandbox, 'create-connect?id=q&cols=100&rows=30&cwd=/tmp', {
    protocols: [exitControl, envsToken({ FOO: 'b a r' })],
  })
  await client.connected()
  client.send('stty size; echo "[$FOO]" $PWD\n')
  await client.shows('30 100')
  await client.shows('[b a r] /tmp')
  const route = '/process/pty/create-connect'
  expectError(await sandbox.refusedUpgrade(`${route}?id=q&cols=80&rows=24`), 409, 'already exists')
  expectError(await sandbox.refusedUpgrade(`${route}?cols=80&rows=24`), 400, 'session ID is required')
  const bad = await sandbox.refusedUpgrade(`${route}?id=r&cols=80&rows=24`, ['X-Daytona-Pty-Envs~bm90IGpzb24'])
  expectError(bad, 400, 'invalid envs subprotocol')
})

it('74 the TypeScript SDK makes a terminal and learns its exit code', async () => {
  const { apiUrl, apiKey } = deployment
  const { process } = await new Daytona({ apiUrl, apiKey }).get(sandbox.id)
  const pty = await process.createPty({ id: 'sdk', onData: () => {} })
  await pty.waitForConnection()
  await pty.sendInput('exit 3\n')
  expect(await pty.wait()).toMatchObject({ exitCode: 3 })
})
