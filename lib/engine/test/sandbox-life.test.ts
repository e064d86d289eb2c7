/** How long sandboxes live and why they stop: time to live, idleness, resources, network, recovery. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Capabilities } from '@/lib/process-api/extensions'
import type { ExecuteResponse } from '@/lib/process-api/process'
import { lastStopSchema, type SandboxDto, type SandboxPage } from '@/lib/process-api/sandbox'
import { findProgram } from '@/lib/settings/programs'
import { commandLineOf, ProcessSnapshot, readProcess, sandboxMark } from '../linux/process-table'
import { type EngineFixture, startEngine } from './engine-fixture'
import { outsideAddress } from './isolation-fixture'
import { eventually } from './toolbox-fixture'

let engine: EngineFixture | null = null
afterEach(async () => {
  await engine?.stop()
  engine = null
})

const get = async (on: EngineFixture, id: string) => (await on.api('GET', `/sandbox/${id}`)).json<SandboxDto>()
const minutesFromNow = (time: string | undefined) => (Date.parse(time ?? '') - Date.now()) / 60_000
const longAgo = () => new Date(Date.now() - 3_600_000).toISOString()

/** Change what an engine that is not running has stored about a sandbox. */
function rewrite(on: EngineFixture, id: string, change: Record<string, unknown>): void {
  const file = path.join(on.dataDir, 'sandboxes', id, 'sandbox.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }))
}

function toolboxOf(id: string): number {
  const snapshot = new ProcessSnapshot()
  const found = [...snapshot.entries.values()].find(
    (entry) =>
      snapshot.hasVariable(entry.pid, sandboxMark, id) &&
      commandLineOf(entry).includes('toolbox.cjs') &&
      !readProcess(entry.pid)?.name.startsWith('bwrap'),
  )
  if (!found) throw new Error(`no toolbox of ${id} is running`)
  return found.pid
}

/** The sandboxes that `/api/events` reports from now on. */
async function listen(on: EngineFixture): Promise<SandboxDto[]> {
  const heard: SandboxDto[] = []
  const socket = on.webSocket('/api/events')
  socket.on('message', (data) => {
    const event = JSON.parse(data.toString())
    if (event.type === 'sandbox') heard.push(event.sandbox)
  })
  await once(socket, 'open')
  return heard
}

describe('time to live', () => {
  test('starts with the creation, restarts when it is set, and 0 disables it', async () => {
    engine = await startEngine()
    const { id, autoDestroyAt, createdAt } = await engine.createSandbox({ ttlMinutes: 60 })
    expect(Math.abs(Date.parse(autoDestroyAt ?? '') - Date.parse(createdAt ?? '') - 3_600_000)).toBeLessThan(1_000)
    const set = await engine.api('POST', `/sandbox/${id}/ttl/10`)
    expect([set.status, Math.round(minutesFromNow(set.json<SandboxDto>().autoDestroyAt))]).toEqual([201, 10])
    expect((await get(engine, id)).autoDestroyAt).toBe(set.json<SandboxDto>().autoDestroyAt)
    const cleared = await engine.api('POST', `/sandbox/${id}/ttl/0`)
    expect([cleared.status, 'autoDestroyAt' in cleared.json<SandboxDto>()]).toEqual([201, false])
    expect(await engine.createSandbox({ ttlMinutes: 0 })).not.toHaveProperty('autoDestroyAt')
  })
})

describe('why a sandbox stopped', () => {
  test('is reported with a reason and a sentence, survives a restart, and is unknown before its first stop', async () => {
    engine = await startEngine()
    const on = engine
    const { id, ...fresh } = await on.createSandbox()
    expect(fresh).not.toHaveProperty('lastStop')
    const startedAt = new Date().toISOString()
    await on.api('POST', `/sandbox/${id}/stop`)
    const byPerson = lastStopSchema.parse((await get(on, id)).lastStop)
    expect(byPerson).toMatchObject({ reason: 'person', message: 'Stop requested.' })
    expect(byPerson.at >= startedAt).toBe(true)
    await on.restart()
    expect((await get(on, id)).lastStop).toEqual(byPerson)
    const { items } = (await on.api('GET', '/sandbox')).json<SandboxPage>()
    expect(items.map((item) => item.lastStop)).toEqual([byPerson])

    await on.api('POST', `/sandbox/${id}/start`)
    expect((await get(on, id)).lastStop).toEqual(byPerson)
    await on.restart()
    expect(await get(on, id)).toMatchObject({ state: 'stopped', lastStop: { reason: 'engine-stopped' } })

    await on.api('POST', `/sandbox/${id}/start`)
    process.kill(toolboxOf(id), 'SIGKILL')
    await eventually('the exit is reported', async () => (await get(on, id)).lastStop?.reason === 'toolbox-died')
    expect((await get(on, id)).lastStop?.message).toMatch(/^The toolbox exited: it (was killed by|exited with) .+\.$/)
    await eventually('it runs again', async () => (await get(on, id)).state === 'started')

    await on.kill9()
    process.kill(toolboxOf(id), 'SIGKILL')
    await eventually('all of its processes have exited', () => {
      const snapshot = new ProcessSnapshot()
      return ![...snapshot.entries.keys()].some((pid) => snapshot.hasVariable(pid, sandboxMark, id))
    })
    await on.restart()
    expect((await get(on, id)).lastStop).toMatchObject({
      reason: 'lost',
      message: expect.stringContaining('no longer running'),
    })
    await eventually('it runs again', async () => (await get(on, id)).state === 'started')

    const heard = await listen(on)
    const deleted = (await on.api('DELETE', `/sandbox/${id}`)).json<SandboxDto>()
    expect(deleted.lastStop).toMatchObject({ reason: 'person', message: 'Deleted on request.' })
    await eventually('the deletion is reported', () =>
      heard.some((it) => it.lastStop?.message === deleted.lastStop?.message),
    )
  })
})

describe('idleness', () => {
  test('requests that opt out do not count, over HTTP and WebSocket; all others do', async () => {
    engine = await startEngine()
    const on = engine
    const { id } = await on.createSandbox()
    await on.toolbox(id, 'POST', '/process/pty', { id: 'watched' })
    const seen = async () => (await get(on, id)).lastActivityAt ?? ''
    const visit = async (headers: Record<string, string>, route: string) => {
      const socket = on.webSocket(`/toolbox/${id}${route}`, [], headers)
      await once(socket, 'open')
      const closed = once(socket, 'close')
      socket.close()
      await closed
    }
    const quiet = { 'x-daytona-skip-last-activity-update': 'true' }
    const before = await seen()
    await eventually('the clock advances', () => new Date().toISOString() > before)
    await on.toolbox(id, 'GET', '/process/session', undefined, quiet)
    await visit(quiet, '/events')
    await visit(quiet, '/process/pty/watched/connect')
    expect(await seen()).toBe(before)

    await visit({}, '/events')
    await eventually('a WebSocket counts', async () => (await seen()) > before)
    const after = await seen()
    await eventually('the clock advances', () => new Date().toISOString() > after)
    await on.toolbox(id, 'GET', '/process/session')
    await eventually('a request counts', async () => (await seen()) > after)
  })
})

test('automatic actions are reported: expiry, idle stop, deletion after a stop; unwatched work keeps a sandbox running', async () => {
  engine = await startEngine()
  const on = engine
  const [ttlRunning, ttlStopped, command, idle, shell, ephemeral, old, cell] = [
    await on.createSandbox({ ttlMinutes: 1, autoStopInterval: 0 }),
    await on.createSandbox({ ttlMinutes: 1, autoDeleteInterval: -1 }),
    await on.createSandbox({ ttlMinutes: 1, autoStopInterval: 1 }),
    await on.createSandbox({ autoStopInterval: 1 }),
    await on.createSandbox({ autoStopInterval: 3 }),
    await on.createSandbox({ autoStopInterval: 2, autoDeleteInterval: 0 }),
    await on.createSandbox({ autoDeleteInterval: 7 }),
    await on.createSandbox({ autoStopInterval: 1 }),
  ]
  for (const { id } of [ttlRunning, command]) {
    await on.toolbox(id, 'POST', '/process/run', { kind: 'command', command: 'sleep 600' })
  }
  for (const { id } of [ttlStopped, old]) await on.api('POST', `/sandbox/${id}/stop`)
  // A shell that waits for its next command is idle; a running cell is not, even without its socket.
  await on.toolbox(shell.id, 'POST', '/process/session', { sessionId: 's' })
  await on.toolbox(shell.id, 'POST', '/process/session/s/exec', { command: 'true' })
  const context = (await on.toolbox(cell.id, 'POST', '/process/interpreter/context', {})).json<{ id: string }>()
  const started = await on.toolbox(cell.id, 'POST', `/process/interpreter/context/${context.id}/run`, {
    code: 'import time\ntime.sleep(600)',
  })
  expect(started.status).toBeLessThan(300)

  await on.kill9()
  const past = longAgo()
  for (const { id } of [ttlRunning, ttlStopped]) rewrite(on, id, { autoDestroyAt: past })
  rewrite(on, command.id, { autoDestroyAt: new Date(Date.now() + 600_000).toISOString() })
  for (const { id } of [idle, shell, ephemeral, cell, command]) rewrite(on, id, { lastActivityAt: past })
  rewrite(on, old.id, { stoppedAt: past })
  await on.restart()

  const heard = await listen(on)
  const reported = (id: string) => heard.flatMap((it) => (it.id === id && it.lastStop ? [it.lastStop] : []))
  const isGone = async ({ id }: SandboxDto) => (await on.api('GET', `/sandbox/${id}`)).status === 404
  for (const each of [ttlRunning, ttlStopped, ephemeral, old]) {
    await eventually('it is deleted', () => isGone(each), 20_000)
  }
  for (const { id } of [idle, shell]) {
    await eventually('it stops', async () => (await get(on, id)).state === 'stopped', 20_000)
  }
  for (const { id } of [cell, command]) {
    await eventually('the busy one was checked', async () => ((await get(on, id)).lastActivityAt ?? '') > past)
    expect((await get(on, id)).state).toBe('started')
  }
  for (const { id } of [ttlRunning, ttlStopped]) {
    expect(reported(id).at(-1)).toMatchObject({ reason: 'ttl', message: 'Its time limit expired.' })
  }
  expect((await get(on, idle.id)).lastStop).toMatchObject({
    reason: 'idle',
    message: 'Stopped after 1 minute without activity.',
  })
  expect((await get(on, shell.id)).lastStop?.message).toBe('Stopped after 3 minutes without activity.')
  expect(reported(old.id).at(-1)).toMatchObject({
    reason: 'auto-delete',
    message: 'Deleted after being stopped for 7 minutes.',
  })
  expect(new Set(reported(ephemeral.id).map((it) => it.reason))).toEqual(new Set(['idle', 'auto-delete']))
})

test('resources can be changed while it runs or is stopped, show at once and persist', async () => {
  engine = await startEngine()
  const on = engine
  const { id } = await on.createSandbox({ cpu: 1, memory: 2, disk: 3 })
  const of = ({ cpu, memory, disk, state }: SandboxDto) => ({ cpu, memory, disk, state })
  const heard = await listen(on)
  const running = await on.api('POST', `/sandbox/${id}/resize`, { cpu: 4, memory: 8 })
  expect([running.status, of(running.json())]).toEqual([200, { cpu: 4, memory: 8, disk: 3, state: 'started' }])
  await eventually('the change was reported', () => heard.at(-1)?.state === 'started')
  expect(heard.map((it) => it.state)).toEqual(['resizing', 'resizing', 'started'])
  await on.api('POST', `/sandbox/${id}/stop`)
  const stopped = await on.api('POST', `/sandbox/${id}/resize`, { disk: 30 })
  expect([stopped.status, of(stopped.json())]).toEqual([200, { cpu: 4, memory: 8, disk: 30, state: 'stopped' }])
  await on.restart()
  expect(of(await get(on, id))).toEqual({ cpu: 4, memory: 8, disk: 30, state: 'stopped' })
})

test('a sandbox that cannot be started gives the reason, and starts once that is fixed', async () => {
  engine = await startEngine()
  const on = engine
  const { id } = await on.createSandbox()
  const home = path.join(on.dataDir, 'sandboxes', id, 'home')
  const breakHome = async () => {
    await on.api('POST', `/sandbox/${id}/stop`)
    renameSync(home, `${home}.away`)
    writeFileSync(home, 'no folder')
    expect((await on.api('POST', `/sandbox/${id}/start`)).status).toBe(503)
  }
  const mendHome = () => {
    rmSync(home)
    renameSync(`${home}.away`, home)
  }
  await breakHome()
  expect(await get(on, id)).toMatchObject({ state: 'error', recoverable: true, errorReason: expect.any(String) })
  const { items } = (await on.api('GET', '/sandbox?isRecoverable=true')).json<SandboxPage>()
  expect(items.map((item) => item.id)).toEqual([id])
  expect((await on.api('POST', `/sandbox/${id}/recover`)).status).toBe(503)
  mendHome()
  const recovered = await on.api('POST', `/sandbox/${id}/recover`)
  expect([recovered.status, recovered.json()]).toEqual([
    200,
    expect.objectContaining({ state: 'started', recoverable: false }),
  ])
  await breakHome()
  mendHome()
  const left = await on.api('POST', `/sandbox/${id}/recover?skipStart=true`)
  expect([left.status, left.json<SandboxDto>().state]).toEqual([200, 'stopped'])
})

describe('network settings', () => {
  const settle = async (on: EngineFixture, id: string, settings: object) => {
    const answer = await on.api('POST', `/sandbox/${id}/network-settings`, settings)
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
    return answer.json<SandboxDto>()
  }
  const block = (on: EngineFixture, id: string, networkBlockAll: boolean) => settle(on, id, { networkBlockAll })

  test.runIf(findProgram('bwrap') && findProgram('slirp4netns'))(
    'a running sandbox is disconnected and reconnected at once, also under the next engine',
    async () => {
      engine = await startEngine()
      const on = engine
      const address = outsideAddress()
      const outside = createServer((socket) => socket.on('error', () => socket.destroy()).end('out\n'))
      outside.listen(0, '0.0.0.0')
      await once(outside, 'listening')
      const { port } = outside.address() as AddressInfo
      const { id, isolation } = await on.createSandbox({ networkPolicy: 'all' })
      expect(isolation?.network).toBe('private')
      const execute = async (command: string) =>
        (await on.toolbox(id, 'POST', '/process/execute', { command })).json<ExecuteResponse>().result
      const reach = () => execute(`cat </dev/tcp/${address ?? '192.0.2.1'}/${port} 2>&1 || echo cut off`)
      const reported = async () => (await on.toolbox(id, 'GET', '/capabilities')).json<Capabilities>().isolation.network
      try {
        if (address !== null) expect(await reach()).toBe('out\n')
        const blocked = await block(on, id, true)
        expect(blocked).toMatchObject({ networkBlockAll: true, isolation: { network: 'blocked', warnings: [] } })
        expect(await reach()).toContain('cut off')
        expect(await reported()).toBe('blocked')
        // Its own loopback does not count.
        expect(
          await execute(
            'python3 -c \'import socket; s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname()); print("own loopback")\'',
          ),
        ).toBe('own loopback\n')
        await on.kill9()
        await on.restart()
        expect((await get(on, id)).isolation?.network).toBe('blocked')
        expect(await reach()).toContain('cut off')
        const open = await settle(on, id, { networkPolicy: 'all' })
        expect(open).toMatchObject({ networkBlockAll: false, isolation: { network: 'private', warnings: [] } })
        if (address !== null) expect(await reach()).toBe('out\n')
        expect(await reported()).toBe('private')
      } finally {
        outside.close()
      }
    },
  )

  test.runIf(findProgram('bwrap'))(
    'if a namespace cannot be connected later, a change says that it waits for the next start',
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-path-'))
      writeFileSync(path.join(folder, 'slirp4netns'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
      engine = await startEngine({ isolation: 'bubblewrap', env: { PATH: `${folder}:${process.env.PATH}` } })
      const { id } = await engine.createSandbox({ networkBlockAll: true })
      const { isolation, networkPolicy } = await settle(engine, id, { networkPolicy: 'all' })
      expect(networkPolicy).toBe('all')
      expect(isolation).toMatchObject({ network: 'blocked', networkPolicy: { kind: 'none' } })
      expect(isolation?.networkPolicy?.message).toMatch(/"all" takes effect at the next start/)
      expect(isolation?.warnings.at(-1)).toBe(isolation?.networkPolicy?.message)
      await engine.api('POST', `/sandbox/${id}/stop`)
      await engine.api('POST', `/sandbox/${id}/start`)
      const after = (await get(engine, id)).isolation
      expect(after).toMatchObject({ network: 'shared', networkPolicy: { kind: 'all', allowList: [] } })
      expect(after?.warnings.join()).not.toContain('next start')
      rmSync(folder, { recursive: true, force: true })
    },
  )

  test('without isolation policies are refused, and a sandbox that has one does not start', async () => {
    engine = await startEngine({ isolation: 'none' })
    const on = engine
    const refusal = /^The network policy "(none|allow-list|internet)" cannot be enforced without isolation/
    const { id, isolation } = await on.createSandbox()
    expect(isolation?.networkPolicy).toEqual({ kind: 'all', allowList: [], message: expect.stringMatching(refusal) })
    for (const request of [
      { networkBlockAll: true },
      { networkPolicy: 'internet' },
      { networkAllowList: '203.0.113.0/24' },
    ]) {
      for (const route of ['/sandbox', `/sandbox/${id}/network-settings`]) {
        const answer = await on.api('POST', route, request)
        expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
          400,
          expect.stringMatching(refusal),
        ])
      }
    }
    expect((await settle(on, id, { networkBlockAll: false })).networkPolicy).toBe('internet')
    const all = await settle(on, id, { networkPolicy: 'all' })
    expect(all.isolation?.networkPolicy).toEqual({ kind: 'all', allowList: [] })

    await on.api('POST', `/sandbox/${id}/stop`)
    await on.terminate()
    rewrite(on, id, { network: { kind: 'none', allowList: [] } })
    await on.restart()
    expect((await get(on, id)).isolation?.networkPolicy?.kind).toBe('all')
    expect((await on.api('POST', `/sandbox/${id}/start`)).status).toBe(503)
    expect(await get(on, id)).toMatchObject({ state: 'error', errorReason: expect.stringMatching(refusal) })
    await settle(on, id, { networkPolicy: 'all' })
    expect((await on.api('POST', `/sandbox/${id}/start`)).status).toBe(200)
  })
})
