/** Sessions inside a sandbox as it is delivered: through the control plane and in the isolation that this machine has. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LiveProcess } from '@/lib/process-api/extensions'
import type { CommandDetail, SessionDetail, SessionExecuteResponse } from '@/lib/process-api/process'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

let engine: EngineFixture
let sandbox = ''

beforeAll(async () => {
  engine = await startEngine()
  sandbox = (await engine.createSandbox()).id
  expect((await call('POST', '/process/session', { sessionId: 's' })).status).toBe(201)
})
afterAll(() => engine.stop())

const call = (method: string, route: string, body?: unknown) =>
  engine.toolbox(sandbox, method, route, body, { 'x-daytona-sdk-version': '0.216.0' })
const exec = async (command: string, more: Record<string, unknown> = {}) =>
  (await call('POST', '/process/session/s/exec', { command, ...more })).json<SessionExecuteResponse>()
const commandOf = async (id: string) => (await call('GET', `/process/session/s/command/${id}`)).json<CommandDetail>()
const stdoutOf = async (id: string) =>
  (await call('GET', `/process/session/s/command/${id}/logs`)).json<{ stdout: string }>().stdout
const processes = async () =>
  (await call('GET', '/process/session/s/processes')).json<{ processes: LiveProcess[] }>().processes

test('a command sees the folder of the sandbox, no descriptor of the toolbox and no host', async () => {
  const { stdout, exitCode } = await exec('pwd; cd /tmp; ls /proc/self/fd | tr "\\n" " "; env | grep -c SECRET')
  expect(exitCode).toBe(1)
  expect(stdout).toMatch(/^\/\S+\n0 1 2 3 \n?0\n$/)
  expect(await exec('pwd')).toMatchObject({ stdout: '/tmp\n' })
})

test('an interrupt ends a loop, and the session lives on', async () => {
  const { cmdId } = await exec('echo begun; while :; do sleep 0.01; done', { runAsync: true })
  await eventually('the begin', async () => (await stdoutOf(cmdId)) === 'begun\n')
  expect((await call('POST', `/process/session/s/command/${cmdId}/signal`, { signal: 'SIGINT' })).status).toBe(204)
  await eventually('the end', async () => (await commandOf(cmdId)).exitCode === 130)
  expect(await exec('echo on')).toMatchObject({ stdout: 'on\n' })
})

test('a stop ends what left the tree', async () => {
  const { cmdId } = await exec('( setsid sh -c "sleep 311; true" >/dev/null 2>&1 & ); sleep 312', { runAsync: true })
  await eventually(
    'all of them',
    async () => (await processes()).filter((it) => /sleep 31/.test(it.command)).length >= 2,
  )
  expect((await call('POST', `/process/session/s/command/${cmdId}/stop`)).status).toBe(204)
  expect(await commandOf(cmdId)).toMatchObject({ state: 'killed', reason: 'stopped', survivors: [] })
  expect(await processes()).toEqual([])
  expect(await exec('echo on')).toMatchObject({ stdout: 'on\n' })
})

/** A daemon without parents, group or environment, which first does `before` in the process that a client waits for. */
const daemon = (seconds: number, before = '') => `python3 - <<'END'
import os, signal, sys
def parent(pid):
    return int(open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[1])
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64)
        os.execve('/bin/sleep', ['sleep', '${seconds}'], {})
    os._exit(0)
os.wait()
${before}
END`

/** Ends the process between PID 1 and everything that the session started. */
const killSupervisor = `pid = os.getpid()
while parent(pid) != 1: pid = parent(pid)
os.kill(pid, signal.SIGKILL)`

const runningIn = async (pattern: string) => {
  const answer = await call('POST', '/process/execute', { command: `pgrep -cf '${pattern}' || true` })
  return Number(answer.json<{ result: string }>().result)
}

test('every process of a session ends with it, whatever it did to its parents and its environment', async () => {
  expect((await call('POST', '/process/session', { sessionId: 'runaway' })).status).toBe(201)
  await call('POST', '/process/session/runaway/exec', { command: daemon(313) })
  expect(await runningIn('^sleep 31[3]$')).toBe(1)
  const listed = (await call('GET', '/process/session/runaway/processes')).json<{ processes: LiveProcess[] }>()
  expect(listed.processes.map(({ command }) => command)).toContain('sleep 313')
  expect((await call('DELETE', '/process/session/runaway')).status).toBe(204)
  expect(await runningIn('^sleep 31[3]$')).toBe(0)
})

test('what kills its supervisor to get away ends with its session, and nobody else does', async () => {
  expect((await call('POST', '/process/session', { sessionId: 'rebel' })).status).toBe(201)
  const other = await exec('sleep 314', { runAsync: true })
  await call('POST', '/process/session/rebel/exec', { command: daemon(315, killSupervisor), runAsync: true })
  await eventually('all of the rebels are gone', async () => (await runningIn('^sleep 31[5]$')) === 0)
  const stateOf = async () => (await call('GET', '/process/session/rebel')).json<SessionDetail>().state
  await eventually('the end of the session', async () => (await stateOf()) === 'ended')
  expect(await commandOf(other.cmdId)).toMatchObject({ state: 'running' })
  expect((await call('POST', `/process/session/s/command/${other.cmdId}/stop`)).status).toBe(204)
  expect((await call('DELETE', '/process/session/rebel')).status).toBe(204)
})

/** Processes that fork and exit without pause, so that none lives long enough to be found by looking. */
const chains = (name: string) => `cat > /tmp/${name}.py <<'END'
import os, sys
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        while True:
            if os.fork() > 0: os._exit(0)
END
env -i /usr/bin/python3 /tmp/${name}.py; true`

test('processes that fork and exit without pause end with their session', async () => {
  expect((await call('POST', '/process/session', { sessionId: 'chains' })).status).toBe(201)
  const { exitCode } = (
    await call('POST', '/process/session/chains/exec', { command: chains('chain') })
  ).json<SessionExecuteResponse>()
  expect(exitCode).toBe(0)
  await eventually('the chains', async () => (await runningIn('[c]hain.py')) > 0)
  expect((await call('DELETE', '/process/session/chains')).status).toBe(204)
  expect(await runningIn('[c]hain.py')).toBe(0)
})

test('they end too when one of them kills the supervisor', async () => {
  expect((await call('POST', '/process/session', { sessionId: 'strays' })).status).toBe(201)
  const run = (command: string) =>
    call('POST', '/process/session/strays/exec', { command, runAsync: true }).then((it) => it.status)
  expect(await run(chains('stray'))).toBe(202)
  await eventually('the chains', async () => (await runningIn('[s]tray.py')) > 0)
  expect(await run(daemon(314, killSupervisor))).toBe(202)
  await eventually('their end', async () => (await runningIn('[s]tray.py|[s]leep 314')) === 0)
})

test('commands and their output survive the control plane', async () => {
  const { cmdId } = await exec('echo before; read x; echo "after $x"', { runAsync: true })
  await eventually('the first line', async () => (await stdoutOf(cmdId)) === 'before\n')
  await engine.kill9()
  await engine.restart()
  expect(await commandOf(cmdId)).toMatchObject({ state: 'running' })
  await call('POST', `/process/session/s/command/${cmdId}/input`, { data: 'y' })
  await eventually('the end', async () => (await commandOf(cmdId)).exitCode === 0)
  expect(await stdoutOf(cmdId)).toBe('before\ny\nafter y\n')
})

test('a stopped sandbox shows its sessions, and a started one takes new ones', async () => {
  await engine.api('POST', `/sandbox/${sandbox}/stop`)
  await eventually('it is stopped', async () => {
    const { state } = (await engine.api('GET', `/sandbox/${sandbox}`)).json<{ state: string }>()
    return state === 'stopped'
  })
  const stopped = (await call('GET', '/process/session/s')).json<SessionDetail>()
  expect(stopped).toMatchObject({ state: 'ended', message: expect.stringContaining('stopped') })
  expect(stopped.commands.length).toBeGreaterThan(3)
  await engine.api('POST', `/sandbox/${sandbox}/start`)
  await eventually('it is started', async () => (await call('GET', '/version')).status === 200)
  expect((await call('POST', '/process/session/s/exec', { command: 'true' })).status).toBe(410)
  expect((await call('POST', '/process/session', { sessionId: 't' })).status).toBe(201)
})
