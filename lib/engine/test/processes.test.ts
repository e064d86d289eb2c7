/** The process view: the processes of a sandbox, their owners, and signals to them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Capabilities, RunDetail } from '@/lib/process-api/extensions'
import type { CommandDetail } from '@/lib/process-api/process'
import {
  type ProcessSignalResponse,
  type ProcessTree,
  processTreeSchema,
  type SandboxProcess,
} from '@/lib/process-api/process-tree'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})

const tree = async (): Promise<ProcessTree> => processTreeSchema.parse((await toolbox.request('/process/tree')).json())
const processOf = async (pid: number) => (await tree()).processes.find((it) => it.pid === pid)
const withArgument = async (text: string): Promise<SandboxProcess | undefined> =>
  (await tree()).processes.find((it) => it.argv.includes(text))
const appears = (text: string) => eventually(`a process with the argument ${text}`, () => withArgument(text))
const disappears = (text: string) =>
  eventually(`no process with the argument ${text}`, async () => (await withArgument(text)) === undefined)
const signal = (pid: number, body: unknown) => toolbox.post(`/process/tree/${pid}/signal`, body)

let sessions = 0
async function newSession(): Promise<string> {
  sessions += 1
  const sessionId = `s${sessions}`
  expect((await toolbox.post('/process/session', { sessionId })).status).toBe(201)
  return sessionId
}

async function exec(sessionId: string, command: string): Promise<string> {
  const answer = await toolbox.post(`/process/session/${sessionId}/exec`, { command, runAsync: true })
  return answer.json<{ cmdId: string }>().cmdId
}

const commandOf = async (sessionId: string, id: string) =>
  (await toolbox.request(`/process/session/${sessionId}/command/${id}`)).json<CommandDetail>()
const commandEnded = (sessionId: string, id: string) =>
  eventually('the command has ended', async () => {
    const command = await commandOf(sessionId, id)
    return command.state !== 'running' && command
  })

const startRun = async (command: string) =>
  (await toolbox.post('/process/run', { kind: 'command', command })).json<RunDetail>().id
const stopRun = (id: string) => toolbox.post(`/process/run/${id}/stop`, {})
const runEnded = (id: string) =>
  eventually('the run has ended', async () => {
    const run = (await toolbox.request(`/process/run/${id}`)).json<RunDetail>()
    return run.state !== 'running' && run
  })

test('the capability is announced', async () => {
  const { extensions } = (await toolbox.request('/capabilities')).json<Capabilities>()
  expect(extensions.processes).toBe(1)
})

describe('the tree', () => {
  test('shows a command with its parent, state, age, memory and owner', async () => {
    const sessionId = await newSession()
    const commandId = await exec(sessionId, 'sleep 71001')
    const sleep = await appears('71001')
    expect(sleep).toMatchObject({
      name: 'sleep',
      argv: ['sleep', '71001'],
      argvCut: false,
      state: 'sleeping',
      threads: 1,
      owner: { kind: 'command', sessionId, commandId },
    })
    expect(sleep.memoryBytes).toBeGreaterThan(0)
    expect(sleep.user).not.toBe('')
    expect(sleep.ageSeconds).toBeLessThan(60)
    expect(Math.abs(Date.now() - Date.parse(sleep.startedAt ?? ''))).toBeLessThan(60_000)
    expect(await processOf(sleep.parentPid ?? -1)).toMatchObject({ owner: { kind: 'session', sessionId } })
    await toolbox.request(`/process/session/${sessionId}`, { method: 'DELETE' })
    await disappears('71001')
  })

  test('finds the command of a daemon that forked twice, left the session and outlived the command', async () => {
    const sessionId = await newSession()
    const commandId = await exec(sessionId, '(setsid sh -c "setsid sleep 71002 & exit" &) ; echo done')
    await commandEnded(sessionId, commandId)
    expect(await appears('71002')).toMatchObject({ owner: { kind: 'command', sessionId, commandId } })
    await toolbox.request(`/process/session/${sessionId}`, { method: 'DELETE' })
    await disappears('71002')
  })

  test('finds the run of a daemon', async () => {
    const run = await startRun('(setsid sh -c "setsid sleep 71003 & exit" &) ; echo done')
    await runEnded(run)
    expect(await appears('71003')).toMatchObject({ owner: { kind: 'run', runId: run } })
    await stopRun(run)
    await disappears('71003')
  })

  test('finds a PTY and an interpreter context', async () => {
    await toolbox.post('/process/pty', { id: 'p1' })
    const shell = await eventually('the shell of the PTY', async () =>
      (await tree()).processes.find((it) => it.owner?.kind === 'pty'),
    )
    expect(shell.owner).toEqual({ kind: 'pty', ptyId: 'p1' })
    const made = await toolbox.post('/process/interpreter/context', {})
    const contextId = made.json<{ id: string }>().id
    await eventually('the process of the context', async () =>
      (await tree()).processes.some((it) => it.owner?.kind === 'context' && it.owner.contextId === contextId),
    )
    await toolbox.request(`/process/interpreter/context/${contextId}`, { method: 'DELETE' })
    await toolbox.request('/process/pty/p1', { method: 'DELETE' })
    expect(await processOf(shell.pid)).toBeUndefined()
  })

  test('shows only its own processes, with the toolbox as the system', async () => {
    const stranger = spawn('sleep', ['71004'], { stdio: 'ignore' })
    const run = await startRun('exec sleep 71005')
    await appears('71005')
    const { processes } = await tree()
    const pids = processes.map((it) => it.pid)
    expect(pids).toContain(toolbox.pid)
    expect(processes.find((it) => it.pid === toolbox.pid)).toMatchObject({ parentPid: null, owner: { kind: 'system' } })
    expect(pids).not.toContain(1)
    expect(pids).not.toContain(process.pid)
    expect(pids).not.toContain(stranger.pid)
    expect(new Set(pids).size).toBe(pids.length)
    for (const { parentPid } of processes) if (parentPid !== null) expect(pids).toContain(parentPid)
    await stopRun(run)
    stranger.kill()
    await once(stranger, 'exit')
  })

  test('handles arguments that are not text, and very long ones', async () => {
    const run = await startRun(`bash -c 'exec -a $(printf "odd\\\\xff\\\\xfename") sleep 71006' & sleep 71007 & wait`)
    const odd = await appears('71006')
    expect(odd.argv[0]).toBe('odd\ufffd\ufffdname')
    const long = await startRun('x=$(printf "%09000d" 7); exec bash -c "sleep 71008; true" "$x"')
    const { argv, argvCut } = await eventually('the long one', async () =>
      (await tree()).processes.find((it) => it.argvCut),
    )
    expect(argvCut).toBe(true)
    expect(argv.join('').length).toBeLessThanOrEqual(4_096)
    await Promise.all([stopRun(run), stopRun(long)])
  })

  test('distinguishes zombie, stopped and running processes, and has processor usage from the second request on', async () => {
    const code = 'import os, time\nif os.fork() == 0: os._exit(0)\ntime.sleep(71009)'
    const zombie = (await toolbox.post('/process/run', { kind: 'code', language: 'python', code })).json<RunDetail>().id
    const dead = await eventually('a zombie', async () =>
      (await tree()).processes.find((it) => it.state === 'zombie' && it.owner?.kind === 'run'),
    )
    expect(dead).toMatchObject({ argv: [], memoryBytes: null, owner: { kind: 'run', runId: zombie } })
    expect((await signal(dead.pid, { signal: 'SIGKILL', startTicks: dead.startTicks })).status).toBe(410)

    const busy = await startRun('exec -a busy71010 bash -c "while :; do :; done"')
    const first = await eventually('the busy one', async () =>
      (await tree()).processes.find((it) => it.argv[0] === 'busy71010'),
    )
    expect(first.cpuPercent).toBeNull()
    const later = await eventually('its use', async () => {
      const found = await processOf(first.pid)
      return found?.cpuPercent == null ? null : found
    })
    expect(later.cpuPercent).toBeGreaterThan(0)
    expect(later.cpuSeconds).toBeGreaterThan(0)
    await eventually('it is seen running', async () => (await processOf(first.pid))?.state === 'running')
    const { pid, startTicks } = first
    expect((await signal(pid, { signal: 'SIGSTOP', startTicks })).status).toBe(200)
    await eventually('it is stopped', async () => (await processOf(pid))?.state === 'stopped')
    expect((await signal(pid, { signal: 'SIGCONT', startTicks })).status).toBe(200)
    await eventually('it continues', async () => (await processOf(pid))?.state === 'running')
    await Promise.all([stopRun(zombie), stopRun(busy)])
  })
})

describe('a signal', () => {
  test('ends a process, and the run says that a user sent it', async () => {
    const run = await startRun('exec sleep 71020')
    const { pid, startTicks } = await appears('71020')
    const answer = await signal(pid, { signal: 'SIGKILL', startTicks })
    expect([answer.status, answer.json<ProcessSignalResponse>()]).toEqual([
      200,
      { signal: 'SIGKILL', signalled: [{ pid, name: 'sleep' }], gone: null },
    ])
    expect(await runEnded(run)).toMatchObject({
      state: 'killed',
      signal: 'SIGKILL',
      reason: 'signalled',
      message: 'It was ended by SIGKILL, sent by a user.',
    })
  })

  test('to a child of a shell explains the end of the run if the shell passes it on', async () => {
    const run = await startRun('sleep 71027; exit $?')
    const { pid, startTicks } = await appears('71027')
    expect((await signal(pid, { signal: 'SIGKILL', startTicks })).status).toBe(200)
    expect(await runEnded(run)).toMatchObject({
      state: 'killed',
      exitCode: 137,
      signal: 'SIGKILL',
      reason: 'signalled',
    })
    const unharmed = await startRun('sleep 71028; exit 3')
    const other = await appears('71028')
    expect((await signal(other.pid, { signal: 'SIGKILL', startTicks: other.startTicks })).status).toBe(200)
    expect(await runEnded(unharmed)).toMatchObject({ state: 'failed', exitCode: 3, signal: null, message: null })
  })

  test('ends the program of a session command, and the command says so', async () => {
    const sessionId = await newSession()
    const commandId = await exec(sessionId, 'sleep 71021')
    const { pid, startTicks } = await appears('71021')
    expect((await signal(pid, { signal: 'SIGTERM', startTicks })).status).toBe(200)
    expect(await commandEnded(sessionId, commandId)).toMatchObject({
      state: 'killed',
      exitCode: 143,
      signal: 'SIGTERM',
      reason: 'signalled',
      message: 'It was ended by SIGTERM, sent by a user.',
    })
    expect(await commandEnded(sessionId, await exec(sessionId, 'true'))).toMatchObject({ exitCode: 0, message: null })
  })

  test('reaches all descendants if requested, and no other process', async () => {
    const run = await startRun('bash -c "sleep 71022 & sleep 71023 & wait" & sleep 71024 & wait')
    const inner = await appears('71022')
    await Promise.all([appears('71023'), appears('71024')])
    const parent = await eventually('their parent', () => processOf(inner.parentPid ?? -1))
    const { startTicks } = parent
    const answer = await signal(parent.pid, { signal: 'SIGKILL', startTicks, tree: true })
    const { signalled, gone } = answer.json<ProcessSignalResponse>()
    expect([gone, signalled.map((it) => it.name).sort()]).toEqual([true, ['bash', 'sleep', 'sleep']])
    expect([await withArgument('71022'), await withArgument('71023')]).toEqual([undefined, undefined])
    expect(await withArgument('71024')).toBeDefined()
    await stopRun(run)
  })

  test('is rejected for a reused pid, for the engine and for processes outside the sandbox', async () => {
    const stranger = spawn('sleep', ['71025'], { stdio: 'ignore' })
    const run = await startRun('exec sleep 71026')
    const { pid, startTicks } = await appears('71026')
    const code = async (target: number, body: unknown) => {
      const answer = await signal(target, body)
      return [answer.status, answer.json<{ code: string }>().code]
    }
    const kill = { signal: 'SIGKILL', startTicks }
    expect(await code(pid, { ...kill, startTicks: startTicks - 1 })).toEqual([409, 'CONFLICT'])
    expect(await code(pid, { ...kill, startTicks: startTicks - 1, tree: true })).toEqual([409, 'CONFLICT'])
    const own = await eventually('the toolbox', () => processOf(toolbox.pid))
    expect(await code(own.pid, { ...kill, startTicks: own.startTicks })).toEqual([403, 'FORBIDDEN'])
    expect(await code(1, kill)).toEqual([404, 'PROCESS_NOT_FOUND'])
    expect(await code(stranger.pid ?? -1, kill)).toEqual([404, 'PROCESS_NOT_FOUND'])
    expect(await code(process.pid, kill)).toEqual([404, 'PROCESS_NOT_FOUND'])
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
    expect(await processOf(pid)).toBeDefined()
    await stopRun(run)
    expect(await code(pid, kill)).toEqual([404, 'PROCESS_NOT_FOUND'])
    stranger.kill()
    await once(stranger, 'exit')
  })

  test.each([
    ['0', { signal: 'SIGTERM', startTicks: 1 }],
    ['-1', { signal: 'SIGTERM', startTicks: 1 }],
    ['1e3', { signal: 'SIGTERM', startTicks: 1 }],
    ['self', { signal: 'SIGTERM', startTicks: 1 }],
    ['99999999999', { signal: 'SIGTERM', startTicks: 1 }],
    ['2', { signal: 'SIGSEGV', startTicks: 1 }],
    ['2', { signal: 9, startTicks: 1 }],
    ['2', { signal: 'SIGTERM' }],
    ['2', { signal: 'SIGTERM', startTicks: -1 }],
    ['2', 'no json'],
  ])('to %s with %j is a bad request', async (pid, body) => {
    expect((await toolbox.post(`/process/tree/${pid}/signal`, body)).status).toBe(400)
  })
})
