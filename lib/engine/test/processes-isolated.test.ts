/** The process view of a real sandbox, through the control plane and with this machine's isolation. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunDetail } from '@/lib/process-api/extensions'
import type { ProcessTree } from '@/lib/process-api/process-tree'
import type { PtyDetail } from '@/lib/process-api/pty'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

let engine: EngineFixture
let mine = ''
let other = ''

beforeAll(async () => {
  engine = await startEngine()
  mine = (await engine.createSandbox()).id
  other = (await engine.createSandbox()).id
})
afterAll(() => engine.stop())

const startRun = async (sandbox: string, command: string) =>
  (await engine.toolbox(sandbox, 'POST', '/process/run', { kind: 'command', command, stdin: 'open' })).json<RunDetail>()
    .id
const treeOf = async (sandbox: string) =>
  (await engine.toolbox(sandbox, 'GET', '/process/tree')).json<ProcessTree>().processes
const find = (sandbox: string, argument: string) =>
  eventually(`a process with the argument ${argument}`, async () =>
    (await treeOf(sandbox)).find((it) => it.argv.includes(argument)),
  )
const signal = (sandbox: string, pid: number, body: unknown) =>
  engine.toolbox(sandbox, 'POST', `/process/tree/${pid}/signal`, body)

test('a sandbox shows and signals its own processes, and neither the engine nor another sandbox', async () => {
  const run = await startRun(mine, '(setsid sleep 72001 &) ; sleep 72002')
  await startRun(other, 'sleep 72003')
  const theirs = await find(other, '72003')
  const daemon = await find(mine, '72001')
  expect(daemon).toMatchObject({ owner: { kind: 'run', runId: run } })
  const processes = await treeOf(mine)
  expect(processes.some((it) => it.argv.includes('72003'))).toBe(false)
  const unowned = processes.filter((it) => it.owner?.kind !== 'run')
  expect(unowned.length).toBeGreaterThan(0)
  for (const { pid, startTicks, owner } of unowned) {
    expect(owner).toEqual({ kind: 'system' })
    expect((await signal(mine, pid, { signal: 'SIGKILL', startTicks, tree: true })).status).toBe(403)
  }
  const strange = [1, engine.pid].filter((pid) => !processes.some((it) => it.pid === pid))
  for (const pid of strange) {
    expect((await signal(mine, pid, { signal: 'SIGKILL', startTicks: 1 })).status).toBe(404)
  }
  const { pid, startTicks } = daemon
  expect((await signal(mine, pid, { signal: 'SIGTERM', startTicks })).status).toBe(200)
  await eventually('the daemon has exited', async () => !(await treeOf(mine)).some((it) => it.argv.includes('72001')))
  expect(await find(other, '72003')).toMatchObject({ startTicks: theirs.startTicks })
})

test('a run lists the daemon that it left behind, until that has exited', async () => {
  const detail = async (id: string) => (await engine.toolbox(mine, 'GET', `/process/run/${id}`)).json<RunDetail>()
  const run = await startRun(mine, "(env -i setsid sh -c 'sleep 72005; true' >/dev/null 2>&1 &) ; true")
  await eventually('the run has ended', async () => (await detail(run)).state === 'succeeded')
  const daemon = await find(mine, '72005')
  expect((await detail(run)).survivors.map(({ pid }) => pid)).toContain(daemon.pid)
  await engine.toolbox(mine, 'POST', `/process/run/${run}/stop`)
  await eventually('no survivor is left', async () => (await detail(run)).survivors.length === 0)
  expect((await treeOf(mine)).some(({ argv }) => argv.includes('72005'))).toBe(false)
})

test('waiting for input is detected inside the isolation', async () => {
  const run = await startRun(mine, 'read x; sleep 72004')
  const waiting = async () =>
    (await engine.toolbox(mine, 'GET', `/process/run/${run}`)).json<RunDetail>().waitingForInput
  await eventually('it waits', async () => (await waiting()) === true)
  await engine.toolbox(mine, 'POST', `/process/run/${run}/input`, { data: 'x' })
  await eventually('it does not', async () => (await waiting()) === false)
})

test('a terminal at its prompt waits for input inside the isolation', async () => {
  await engine.toolbox(mine, 'POST', '/process/pty', { id: 'p' })
  await eventually(
    'the prompt',
    async () => (await engine.toolbox(mine, 'GET', '/process/pty/p')).json<PtyDetail>().waitingForInput === true,
  )
  expect((await treeOf(mine)).some((it) => it.owner?.kind === 'pty' && it.owner.ptyId === 'p')).toBe(true)
  await engine.toolbox(mine, 'DELETE', '/process/pty/p')
})

test('without the key, processes can be neither seen nor signalled', async () => {
  const { pid, startTicks } = await find(other, '72003')
  const base = `${engine.toolboxUrl}/${other}/process/tree`
  const body = JSON.stringify({ signal: 'SIGKILL', startTicks })
  for (const authorization of [null, 'Bearer wrong', 'Basic eDp5']) {
    const headers = { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) }
    expect((await fetch(base, { headers })).status).toBe(401)
    expect((await fetch(`${base}/${pid}/signal`, { method: 'POST', headers, body })).status).toBe(401)
  }
  expect(await find(other, '72003')).toMatchObject({ pid, startTicks })
})

test('a stopped sandbox has no processes', async () => {
  await engine.api('POST', `/sandbox/${other}/stop`)
  await eventually('it is stopped', async () => {
    const { state } = (await engine.api('GET', `/sandbox/${other}`)).json<{ state: string }>()
    return state === 'stopped'
  })
  const answer = await engine.toolbox(other, 'GET', '/process/tree')
  expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
    409,
    expect.stringContaining('is stopped; start it first'),
  ])
})
