/** The session routes of a real toolbox: contract, order, state, input, signals, ends, deletion. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ErrorEnvelope } from '@/lib/process-api/errors'
import type { EngineEvent, LiveProcess } from '@/lib/process-api/extensions'
import type { CommandDetail, SessionDetail, SessionExecuteResponse } from '@/lib/process-api/process'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(() => toolbox.stop())

let made = 0

async function newSession(body: Record<string, unknown> = {}): Promise<string> {
  const sessionId = `s-${++made}`
  const answer = await toolbox.post('/process/session', { sessionId, ...body })
  expect(answer.text).toBe('')
  expect(answer.status).toBe(201)
  return sessionId
}

async function exec(session: string, command: string, more: Record<string, unknown> = {}) {
  const answer = await toolbox.post(`/process/session/${session}/exec`, { command, ...more })
  return { status: answer.status, ...answer.json<SessionExecuteResponse & { message?: string; code?: string }>() }
}

async function start(session: string, command: string, more: Record<string, unknown> = {}): Promise<string> {
  const { status, cmdId } = await exec(session, command, { runAsync: true, ...more })
  expect(status).toBe(202)
  return cmdId
}

const commandPath = (session: string, id: string) => `/process/session/${session}/command/${id}`

async function commandOf(session: string, id: string): Promise<CommandDetail> {
  const answer = await toolbox.request(commandPath(session, id))
  expect(answer.status).toBe(200)
  return answer.json()
}

async function sessionOf(session: string): Promise<SessionDetail> {
  return (await toolbox.request(`/process/session/${session}`)).json()
}

async function logs(session: string, id: string): Promise<{ output: string; stdout: string; stderr: string }> {
  return (await toolbox.request(`${commandPath(session, id)}/logs`)).json()
}

async function ended(session: string, id: string): Promise<CommandDetail> {
  return eventually(`${id} ends`, async () => {
    const detail = await commandOf(session, id)
    return ['queued', 'running'].includes(detail.state) ? null : detail
  })
}

const post = (url: string, body?: unknown) => toolbox.post(url, body ?? '')
const input = (session: string, id: string, body: unknown) => post(`${commandPath(session, id)}/input`, body)
const signal = (session: string, id: string, name: string) =>
  post(`${commandPath(session, id)}/signal`, { signal: name })
const stop = (session: string, id: string) => post(`${commandPath(session, id)}/stop`)
const remove = (session: string, query = '') =>
  toolbox.request(`/process/session/${session}${query}`, { method: 'DELETE' })

async function processes(session: string): Promise<LiveProcess[]> {
  return (await toolbox.request(`/process/session/${session}/processes`)).json<{ processes: LiveProcess[] }>().processes
}

/** A zombie has ended; whoever is its parent has not asked yet. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

describe('create', () => {
  test('201 with an empty body; the same id again is a conflict', async () => {
    const id = await newSession()
    const again = await toolbox.post('/process/session', { sessionId: id })
    expect(again.status).toBe(409)
    expect(again.json()).toMatchObject({ code: 'CONFLICT', message: 'conflict: session already exists' })
    expect(await sessionOf(id)).toMatchObject({ sessionId: id, state: 'idle', system: false, commands: [] })
  })

  test('of two at the same time one wins', async () => {
    const answers = await Promise.all([1, 2].map(() => toolbox.post('/process/session', { sessionId: 'twice' })))
    expect(answers.map((it) => it.status).sort()).toEqual([201, 409])
  })

  test.each([
    ['{}', 'INVALID_REQUEST_BODY', /'SessionId' failed on the 'required' tag/],
    ['{"sessionId":""}', 'INVALID_REQUEST_BODY', /required/],
    ['{"sessionId":3}', 'INVALID_REQUEST_BODY', /sessionId/],
    ['', 'INVALID_REQUEST_BODY', /EOF/],
    ['{"sessionId":"entrypoint"}', 'BAD_REQUEST', /^bad request: provided session ID is reserved and cannot be/],
    ['{"sessionId":".."}', 'INVALID_REQUEST_BODY', /a session id has 1 to 128 characters/],
    ['{"sessionId":"a/b"}', 'INVALID_REQUEST_BODY', /a session id has/],
    ['{"sessionId":"a\\u0000b"}', 'INVALID_REQUEST_BODY', /a session id has/],
    [`{"sessionId":"${'x'.repeat(300)}"}`, 'INVALID_REQUEST_BODY', /a session id has/],
    ['{"sessionId":"c","cwd":"/no/where"}', 'BAD_REQUEST', /\/no\/where does not exist/],
    ['{"sessionId":"c","cwd":"/etc/passwd"}', 'BAD_REQUEST', /not a folder/],
    ['{"sessionId":"c","envs":{"1A":"x"}}', 'BAD_REQUEST', /invalid environment variable name: '1A'/],
  ])('%s is a 400 %s', async (body, code, message) => {
    const answer = await toolbox.post('/process/session', body)
    const envelope = answer.json<ErrorEnvelope>()
    expect(envelope).toMatchObject({ statusCode: 400, code, source: 'DAYTONA_DAEMON', path: '/process/session' })
    expect(envelope.message).toMatch(message)
    expect((await toolbox.request('/process/session/c')).status).toBe(404)
  })

  test('takes a folder and variables, and starts in the working directory otherwise', async () => {
    const configured = await newSession({ cwd: '/tmp', envs: { FOO: "a 'b' $c" } })
    expect(await exec(configured, 'echo "$PWD $FOO"')).toMatchObject({ stdout: "/tmp a 'b' $c\n" })
    expect(await sessionOf(configured)).toMatchObject({ cwd: '/tmp' })
    expect(await exec(await newSession(), 'pwd')).toMatchObject({ stdout: `${toolbox.homeDir}\n` })
  })

  test('no environment of the host gets in', async () => {
    const { stdout } = await exec(await newSession(), 'env')
    expect(stdout).not.toContain('SECRET_OF_THE_HOST')
    expect(stdout).toContain('LANG=C.UTF-8')
  })
})

describe('exec', () => {
  test('sync: both streams, the raw output and the exit code', async () => {
    const answer = await exec(await newSession(), 'echo a; echo b >&2; (exit 7)')
    expect(answer).toEqual({
      status: 200,
      cmdId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      output: '\x01\x01\x01a\n\x02\x02\x02b\n',
      stdout: 'a\n',
      stderr: 'b\n',
      exitCode: 7,
    })
  })

  test('async: 202 with nulls at once', async () => {
    const id = await newSession()
    for (const more of [{ runAsync: true }, { async: true, runAsync: false }]) {
      const { cmdId, ...rest } = await exec(id, 'sleep 0.05; echo x', more)
      expect(rest).toEqual({ status: 202, output: null, stdout: null, stderr: null, exitCode: null })
      expect(await commandOf(id, cmdId)).not.toHaveProperty('exitCode')
      expect(await ended(id, cmdId)).toMatchObject({ exitCode: 0, state: 'succeeded', mode: 'background' })
    }
  })

  test('state stays from command to command, the last status too', async () => {
    const id = await newSession()
    await exec(id, 'cd /tmp; export V=1; f() { echo "f $1"; }; false')
    expect(await exec(id, 'echo $? $PWD $V; f 3')).toMatchObject({ stdout: '1 /tmp 1\nf 3\n' })
  })

  test('sync commands see end-of-file at once', async () => {
    expect(await exec(await newSession(), 'cat; read x; echo $?')).toMatchObject({ stdout: '1\n' })
  })

  test.each([
    ['{}', /'Command' failed on the 'required' tag/],
    ['{"command":""}', /required/],
    ['{"command":"  \\n"}', /cannot be empty or whitespace-only/],
    ['{"command":["a"]}', /command/],
    ['{', /not valid JSON/],
    ['[]', /a JSON object/],
    ['{"command":"a\\u0000b"}', /NUL/],
  ])('%s is a 400', async (body, message) => {
    const id = await newSession()
    const answer = await toolbox.post(`/process/session/${id}/exec`, body)
    expect(answer.status).toBe(400)
    expect(answer.json<ErrorEnvelope>().message).toMatch(message)
    expect((await sessionOf(id)).commands).toEqual([])
  })

  test('an unknown session is a 404, the entrypoint a 400', async () => {
    expect(await exec('nobody', 'true')).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
      message: 'not found: failed to execute command: not found: session not found',
    })
    expect(await exec('entrypoint', 'true')).toMatchObject({
      status: 400,
      message: "bad request: can't execute command in entrypoint session",
    })
  })

  test('commands run in order and never overlap, whoever waits for them', async () => {
    const id = await newSession()
    const ids: string[] = []
    for (let i = 0; i < 5; i += 1)
      ids.push(await start(id, `echo "begin ${i}" >>log; sleep 0.03; echo "end ${i}" >>log`))
    const { stdout } = await exec(id, 'cat log')
    expect(stdout).toBe([0, 1, 2, 3, 4].map((i) => `begin ${i}\nend ${i}\n`).join(''))
    const { commands } = await sessionOf(id)
    expect(commands.map((it) => it.id).slice(0, 5)).toEqual(ids)
    for (let i = 1; i < commands.length; i += 1) {
      expect(Date.parse(commands[i]?.startedAt ?? '')).toBeGreaterThanOrEqual(
        Date.parse(commands[i - 1]?.endedAt ?? ''),
      )
    }
  })

  test('the queue is visible, with times', async () => {
    const id = await newSession()
    const first = await start(id, 'read x')
    const second = await start(id, 'true')
    expect(await sessionOf(id)).toMatchObject({ state: 'running', queuedCount: 1, commandCount: 2 })
    expect(await commandOf(id, second)).toMatchObject({ state: 'queued', startedAt: null, durationMs: null })
    await input(id, first, { data: 'go' })
    const done = await ended(id, second)
    expect(done).toMatchObject({ state: 'succeeded', exitCode: 0 })
    expect(Date.parse(done.queuedAt ?? '')).toBeLessThanOrEqual(Date.parse(done.startedAt ?? ''))
    expect(done.durationMs).toBeGreaterThan(0)
  })

  test('a session tells how the command that ended last ended', async () => {
    const id = await newSession()
    expect(await sessionOf(id)).toMatchObject({ state: 'idle', lastVerdict: null })
    await exec(id, '(exit 3)')
    expect(await sessionOf(id)).toMatchObject({ lastVerdict: { state: 'failed', exitCode: 3, signal: null } })
    const waiting = await start(id, 'sleep 60 & read x')
    expect(await sessionOf(id)).toMatchObject({ state: 'running', lastVerdict: { exitCode: 3 } })
    await input(id, waiting, { data: 'go' })
    await ended(id, waiting)
    expect(await sessionOf(id)).toMatchObject({ state: 'idle', lastVerdict: { state: 'succeeded', exitCode: 0 } })
  })

  test('clients that fail on unknown fields get none', async () => {
    const id = await newSession()
    const { cmdId } = await exec(id, 'true')
    const headers = { 'x-daytona-source': 'sdk-go', 'x-daytona-sdk-version': '0.187.0' }
    const session = await toolbox.request(`/process/session/${id}`, { headers })
    expect(session.json()).toEqual({ sessionId: id, commands: [{ id: cmdId, command: 'true', exitCode: 0 }] })
    const command = await toolbox.request(commandPath(id, cmdId), { headers })
    expect(command.json()).toEqual({ id: cmdId, command: 'true', exitCode: 0 })
    const all = (await toolbox.request('/process/session', { headers })).json<object[]>()
    for (const it of all) expect(Object.keys(it).sort()).toEqual(['commands', 'sessionId'])
  })

  test('5 MB of output with invalid UTF-8 come as text, cut nowhere', async () => {
    const { stdout, output } = await exec(await newSession(), "yes 'ä€😀' | head -c 5000000; printf '\\377\\200'")
    expect(Buffer.byteLength(stdout ?? '')).toBeGreaterThan(5_000_000)
    expect(stdout?.replace(/ä€😀\n/g, '')).toMatch(/^[ä€�]{0,3}��$/)
    expect(output?.length).toBeGreaterThan(stdout?.length ?? 0)
  })

  test('with `stdin` the console chooses end-of-file or an open input whoever waits', async () => {
    const id = await newSession()
    const closed = await start(id, 'cat; echo done', { stdin: 'closed' })
    expect(await ended(id, closed)).toMatchObject({ exitCode: 0, mode: 'wait', stdinOpen: false })
    const answer = exec(id, 'read x; echo "got $x"', { stdin: 'open' })
    const open = await eventually('the command', async () =>
      (await sessionOf(id)).commands.find((it) => it.state === 'running' && it.stdinOpen),
    )
    await input(id, open.id, { data: 'y' })
    expect(await answer).toMatchObject({ stdout: 'y\ngot y\n', exitCode: 0 })
  })
})

describe('the end of a session', () => {
  test.each([
    ['exit 7', 7, null, 'failed'],
    ['exec sleep 0.05', 0, null, 'succeeded'],
    ['kill -9 $$', 137, 'SIGKILL', 'killed'],
    ['kill -TERM $$', 143, 'SIGTERM', 'killed'],
    ['set -e; echo a; false; echo b', 1, null, 'failed'],
  ])('%j is the command’s result and ends the session', async (text, exitCode, signal, state) => {
    const id = await newSession()
    const answer = await exec(id, text)
    expect(answer).toMatchObject({ status: 200, exitCode })
    const session = await eventually('the end', async () => {
      const detail = await sessionOf(id)
      return detail.state === 'ended' ? detail : null
    })
    expect(session).toMatchObject({ exitCode, signal, message: expect.stringContaining('shell of this session') })
    expect(session.commands[0]).toMatchObject({ state, exitCode, signal })
    expect(await exec(id, 'pwd')).toMatchObject({ status: 410, code: 'SESSION_ENDED' })
  })

  test('`(exit 7)` is a result and no end', async () => {
    const id = await newSession()
    expect(await exec(id, '(exit 7)')).toMatchObject({ exitCode: 7 })
    expect(await exec(id, 'echo on')).toMatchObject({ exitCode: 0, stdout: 'on\n' })
    expect(await sessionOf(id)).toMatchObject({ state: 'idle', exitCode: null })
  })

  test('commands that waited say that they never started, and callers that waited for them hear it', async () => {
    const id = await newSession()
    const first = await start(id, 'read x; exit 3')
    const second = await start(id, 'true')
    const third = exec(id, 'true')
    await eventually('the queue', async () => (await sessionOf(id)).queuedCount === 2)
    await input(id, first, { data: '', eof: true })
    expect(await ended(id, second)).toMatchObject({
      state: 'killed',
      reason: 'session-ended',
      startedAt: null,
      message: expect.stringContaining('never started'),
    })
    expect(await third).toMatchObject({ status: 410, code: 'SESSION_ENDED' })
    expect(await ended(id, first)).toMatchObject({ exitCode: 3 })
  })

  test('an idle shell that dies ends its session', async () => {
    const id = await newSession()
    const { stdout } = await exec(id, 'echo $$')
    process.kill(Number(stdout), 'SIGKILL')
    await eventually('the end', async () => (await sessionOf(id)).state === 'ended')
    expect(await sessionOf(id)).toMatchObject({ signal: 'SIGKILL', exitCode: 137 })
  })
})

describe('background processes', () => {
  test('`sleep 300 & echo hi` returns at once, and the survivor is listed', async () => {
    const id = await newSession()
    const before = performance.now()
    const answer = await exec(id, 'sleep 300 & echo hi')
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(answer).toMatchObject({ stdout: 'hi\n', exitCode: 0 })
    const [survivor] = (await commandOf(id, answer.cmdId)).survivors
    expect(survivor).toMatchObject({ command: 'sleep 300', ageSeconds: expect.any(Number) })
    expect(await processes(id)).toEqual([
      {
        pid: survivor?.pid,
        parentPid: expect.any(Number),
        command: 'sleep 300',
        commandId: answer.cmdId,
        ageSeconds: expect.any(Number),
      },
    ])
    expect((await stop(id, answer.cmdId)).status).toBe(204)
    expect(isRunning(survivor?.pid ?? 0)).toBe(false)
    expect((await commandOf(id, answer.cmdId)).survivors).toEqual([])
    expect(await exec(id, 'echo on')).toMatchObject({ stdout: 'on\n' })
  })

  test('what a survivor prints later is still recorded, for the command that started it', async () => {
    const id = await newSession()
    const { cmdId } = await exec(id, '( sleep 0.3; echo late ) & echo hi')
    expect(await exec(id, 'echo other')).toMatchObject({ stdout: 'other\n' })
    await eventually('the late line', async () => (await logs(id, cmdId)).stdout === 'hi\nlate\n')
    await eventually('no survivor', async () => (await commandOf(id, cmdId)).survivors.length === 0)
  })

  test('a program that took the shell’s place is listed', async () => {
    const id = await newSession()
    const cmd = await start(id, 'exec sleep 310')
    const [found] = await eventually('the program', async () => {
      const list = await processes(id)
      return list.length > 0 ? list : null
    })
    expect(found).toMatchObject({ command: 'sleep 310', commandId: cmd })
    await stop(id, cmd)
    expect(await commandOf(id, cmd)).toMatchObject({ state: 'killed', reason: 'stopped' })
    expect(await sessionOf(id)).toMatchObject({ state: 'ended' })
  })

  test('each is listed under the command that started it, daemons and subshells too', async () => {
    const id = await newSession()
    const plain = (await exec(id, 'sleep 301 &')).cmdId
    const subshell = (await exec(id, '( sleep 302; true ) &')).cmdId
    const daemon = (await exec(id, '( setsid sleep 303 >/dev/null 2>&1 & )')).cmdId
    const detached = (await exec(id, '( ( sleep 304; true ) & ) ')).cmdId
    const found = await eventually('all of them', async () => {
      const list = await processes(id)
      return list.filter((it) => it.command.startsWith('sleep')).length === 4 ? list : null
    })
    const of = (name: string) => found.find((it) => it.command === name)?.commandId
    expect([of('sleep 301'), of('sleep 302'), of('sleep 303'), of('sleep 304')]).toEqual([
      plain,
      subshell,
      daemon,
      detached,
    ])
    expect((await remove(id)).status).toBe(204)
    for (const { pid } of found) expect(isRunning(pid)).toBe(false)
  })
})

describe('input', () => {
  test('a prompt without newline is there at once, and its answer is echoed before what it causes', async () => {
    const id = await newSession()
    const cmd = await start(id, 'printf \'Name? \'; read n; echo "hi $n"')
    await eventually('the prompt', async () => (await logs(id, cmd)).stdout === 'Name? ')
    expect((await input(id, cmd, { data: 'bob' })).status).toBe(204)
    expect(await ended(id, cmd)).toMatchObject({ exitCode: 0 })
    expect((await logs(id, cmd)).stdout).toBe('Name? bob\nhi bob\n')
  })

  test('its own newline is not doubled; `newline: false` and `eof` are exact; the echo can be suppressed', async () => {
    const id = await newSession()
    const cmd = await start(id, 'cat | od -An -c | tr -d " \\n"', { suppressInputEcho: true })
    await input(id, cmd, { data: 'a\n' })
    await input(id, cmd, { data: 'b', newline: false })
    await input(id, cmd, { data: '', eof: true })
    expect(await ended(id, cmd)).toMatchObject({ exitCode: 0, stdinOpen: false })
    expect((await logs(id, cmd)).stdout).toBe('a\\nb')
  })

  test('end-of-file alone adds nothing', async () => {
    const id = await newSession()
    const cmd = await start(id, 'cat | wc -c')
    expect(await commandOf(id, cmd)).toMatchObject({ stdinOpen: true })
    await input(id, cmd, { eof: true })
    await ended(id, cmd)
    expect((await logs(id, cmd)).stdout.trim()).toBe('0')
  })

  test('to a queued command it waits for its turn', async () => {
    const id = await newSession()
    const first = await start(id, 'read x')
    const second = await start(id, 'read a; read b; echo "$a$b"; cat')
    expect(await commandOf(id, second)).toMatchObject({ state: 'queued', stdinOpen: true })
    expect((await input(id, second, { data: 'one' })).status).toBe(204)
    expect((await input(id, second, { data: 'two', eof: true })).status).toBe(204)
    expect(await commandOf(id, second)).toMatchObject({ state: 'queued', stdinOpen: false })
    await input(id, first, { data: 'go' })
    expect(await ended(id, second)).toMatchObject({ exitCode: 0 })
    expect((await logs(id, second)).stdout).toBe('one\ntwo\nonetwo\n')
  })

  test('to a command that has ended is a 410 that names its code', async () => {
    const id = await newSession()
    const { cmdId } = await exec(id, '(exit 5)')
    const answer = await input(id, cmdId, { data: 'x' })
    expect(answer.status).toBe(410)
    expect(answer.json()).toMatchObject({
      code: 'COMMAND_ALREADY_COMPLETED',
      message: 'gone: command has already completed with exit code 5',
    })
  })

  test('refused: nothing to send, unknown command, unknown session, the entrypoint, a closed stdin', async () => {
    const id = await newSession()
    const cmd = await start(id, 'read x', { stdin: 'open' })
    for (const body of [{}, { data: '' }, { data: 3 }]) expect((await input(id, cmd, body)).status).toBe(400)
    expect((await input(id, crypto.randomUUID(), { data: 'x' })).json()).toMatchObject({
      message: 'not found: command not found',
    })
    expect((await input('nobody', cmd, { data: 'x' })).json()).toMatchObject({
      message: 'not found: session not found',
    })
    expect((await input('entrypoint', 'entrypoint_command', { data: 'x' })).json()).toMatchObject({
      statusCode: 400,
      message: "bad request: can't send input to entrypoint session",
    })
    await input(id, cmd, { data: 'x' })
    const closed = await start(id, 'sleep 0.2', { stdin: 'closed' })
    expect((await input(id, closed, { data: 'x' })).status).toBe(410)
  })

  test('more than a command reads is refused with the numbers, and blocks nobody', async () => {
    const id = await newSession()
    const cmd = await start(id, 'sleep 30')
    const megabyte = 'x'.repeat(1024 * 1024 - 1)
    const statuses: number[] = []
    for (let i = 0; i < 6; i += 1) statuses.push((await input(id, cmd, { data: megabyte })).status)
    expect(statuses.slice(0, 4)).toEqual([204, 204, 204, 204])
    expect(statuses.at(-1)).toBe(429)
    expect((await toolbox.request('/version')).status).toBe(200)
    const queued = await start(id, 'true')
    expect((await input(id, queued, { data: 'x'.repeat(5 * 1024 * 1024) })).status).toBe(413)
    await stop(id, cmd)
  })
})

describe('signal', () => {
  test.each([
    ['a child', 'echo begun; sleep 60; echo not here'],
    ['a loop of the shell alone', 'echo begun; while :; do :; done'],
  ])('SIGINT ends %s, and the session lives on', async (_what, text) => {
    const id = await newSession()
    await exec(id, 'V=kept')
    const cmd = await start(id, text)
    await eventually('the begin', async () => (await logs(id, cmd)).stdout === 'begun\n')
    expect((await signal(id, cmd, 'SIGINT')).status).toBe(204)
    expect(await ended(id, cmd)).toMatchObject({
      state: 'killed',
      exitCode: 130,
      signal: 'SIGINT',
      reason: 'signalled',
    })
    expect(await exec(id, 'echo $V')).toMatchObject({ stdout: 'kept\n' })
  })

  test('a program that handles the signal gives its own code', async () => {
    const id = await newSession()
    const cmd = await start(id, `sh -c 'trap "echo bye; exit 0" INT; echo begun; while :; do sleep 0.02; done'`)
    await eventually('the begin', async () => (await logs(id, cmd)).stdout === 'begun\n')
    await signal(id, cmd, 'SIGINT')
    expect(await ended(id, cmd)).toMatchObject({ state: 'succeeded', exitCode: 0, signal: null, reason: 'exited' })
  })

  test.each([
    ['a loop', 'while :; do (true); /bin/true; done'],
    ['a subshell', '( while :; do /bin/true; done )'],
    ['a command substitution', 'x=$(while :; do /bin/true; done)'],
    ['functions', 'f() { while :; do /bin/true; done; echo no; }; g() { f; echo no; }; g; echo no'],
  ])('SIGINT ends %s of short commands at the first try, whenever it comes', async (_what, text) => {
    const id = await newSession()
    for (let i = 0; i < 12; i += 1) {
      const cmd = await start(id, `echo begun; ${text}`)
      if (i % 4 > 0) await eventually('the begin', async () => (await logs(id, cmd)).stdout === 'begun\n')
      expect((await signal(id, cmd, 'SIGINT')).status).toBe(204)
      expect(await ended(id, cmd)).toMatchObject({ exitCode: 130 })
    }
    expect(await exec(id, 'echo on')).toMatchObject({ stdout: 'on\n' })
  })

  test('SIGINT runs the trap of a subshell once, and the subshell decides', async () => {
    const id = await newSession()
    // It waits in bash itself: an interrupt that comes while bash waits for a child which then ends well is lost on its
    // trap. What follows has children that end, which is what makes the toolbox insist.
    const wait = 'while [ $n = 0 ]; do :; done; for i in {1..1000}; do /bin/true; done'
    const cmd = await start(id, `( trap "echo caught; n=1" INT; n=0; echo begun; ${wait}; echo done ); echo after`)
    await eventually('the begin', async () => (await logs(id, cmd)).stdout === 'begun\n')
    await signal(id, cmd, 'SIGINT')
    await ended(id, cmd)
    expect((await logs(id, cmd)).stdout).toMatch(/^begun\ncaught\ndone\n/)
  })

  test('SIGTERM goes to what the command started', async () => {
    const id = await newSession()
    const cmd = await start(id, 'sleep 60; echo "after $?"')
    await eventually('the child', async () => (await processes(id)).length > 0)
    await signal(id, cmd, 'SIGTERM')
    expect(await ended(id, cmd)).toMatchObject({ exitCode: 0 })
    expect((await logs(id, cmd)).stdout).toBe('after 143\n')
  })

  test('under job control too', async () => {
    const id = await newSession()
    await exec(id, 'set -m')
    const cmd = await start(id, 'sleep 60')
    await eventually('the child', async () => (await processes(id)).length > 0)
    await signal(id, cmd, 'SIGINT')
    expect(await ended(id, cmd)).toMatchObject({ exitCode: 130 })
    expect(await exec(id, 'echo on')).toMatchObject({ stdout: 'on\n' })
  })

  test('to a command that waits or has ended is refused', async () => {
    const id = await newSession()
    const first = await start(id, 'read x')
    const second = await start(id, 'true')
    expect((await signal(id, second, 'SIGINT')).status).toBe(409)
    await input(id, first, { eof: true })
    await ended(id, second)
    expect((await signal(id, second, 'SIGINT')).status).toBe(410)
    expect((await signal(id, second, 'SIGNOPE')).status).toBe(400)
  })
})

describe('stop', () => {
  test.each([
    ['a child', 'echo begun; sleep 60; echo not here', true],
    ['a loop of the shell alone', 'echo begun; while :; do :; done', true],
    ['what left the tree', 'echo begun; (setsid sleep 305 & ); sleep 60; echo not here', true],
    ['children that ignore an interrupt', `echo begun; while :; do sh -c 'trap "" INT; sleep 60'; done`, true],
    ['children that ignore SIGTERM', `echo begun; sh -c 'trap "" INT TERM; sleep 60; sleep 60'; echo not here`, true],
    ['a stopped child', `echo begun; sh -c 'kill -STOP $$'; echo not here`, true],
    [
      'functions in functions',
      'f() { sleep 60; echo not here; }; g() { f; echo not here; }; echo begun; g; echo not here',
      true,
    ],
    ['a shell that ignores an interrupt', `trap '' INT; echo begun; while :; do :; done`, true],
    ['a shell that ignores SIGTERM too', `trap '' INT TERM; echo begun; while :; do sleep 60; done`, true],
    ['a shell that waits for input', 'echo begun; read x; echo not here', true],
    ['a shell that waits for its children', 'echo begun; sleep 60 & wait; echo not here', true],
    ['a command substitution', 'echo begun; x=$(while :; do /bin/true; done); echo not here', true],
    ['a command substitution of the shell alone', 'echo begun; x=$(while :; do :; done); echo not here', true],
    ['a command substitution with an output elsewhere', 'echo begun; x=$(sleep 60 >/dev/null); echo not here', true],
    ['a command substitution within another', 'echo begun; x=$(y=$(while :; do :; done)); echo not here', true],
    ['a shell that ignores all that', `trap '' INT TERM 63; echo begun; while :; do :; done`, false],
    ['a program that took the shell’s place', `exec sh -c 'trap "" INT TERM; echo begun; sleep 60; sleep 60'`, false],
  ])('ends %s', async (_what, text, lives) => {
    const id = await newSession()
    const cmd = await start(id, text)
    await eventually('the begin', async () => (await logs(id, cmd)).stdout.includes('begun'))
    const before = performance.now()
    expect((await stop(id, cmd)).status).toBe(204)
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(await commandOf(id, cmd)).toMatchObject({ state: 'killed', reason: 'stopped', survivors: [] })
    expect((await logs(id, cmd)).stdout).not.toContain('not here')
    expect(await processes(id)).toEqual([])
    const { state, message } = await sessionOf(id)
    // A shell that ignores everything usually ends with its session. It is no failure where it gives up after all.
    if (lives || state !== 'ended') expect(await exec(id, 'echo on')).toMatchObject({ stdout: 'on\n', exitCode: 0 })
    else expect(message).toMatch(/did not give up|shell of this session/)
  })

  test('of a command substitution of short commands keeps the session, whenever it comes', async () => {
    const id = await newSession()
    for (let i = 0; i < 12; i += 1) {
      const cmd = await start(id, 'echo begun; x=$(while :; do /bin/true; done); echo not here')
      if (i % 4 > 0) await eventually('the begin', async () => (await logs(id, cmd)).stdout === 'begun\n')
      expect((await stop(id, cmd)).status).toBe(204)
      expect(await commandOf(id, cmd)).toMatchObject({ state: 'killed', reason: 'stopped' })
      expect(await sessionOf(id)).toMatchObject({ state: 'idle' })
    }
    expect(await exec(id, 'echo on')).toMatchObject({ stdout: 'on\n', exitCode: 0 })
  })

  test('under `set -e` it does not end the session, and `set -e` stays', async () => {
    const id = await newSession()
    const cmd = await start(id, `set -e; f() { sh -c 'trap "" INT; echo begun; sleep 60'; echo no; }; f; echo no`)
    await eventually('the begin', async () => (await logs(id, cmd)).stdout.includes('begun'))
    await stop(id, cmd)
    expect(await commandOf(id, cmd)).toMatchObject({ state: 'killed', reason: 'stopped', exitCode: 130 })
    expect((await logs(id, cmd)).stdout).toBe('begun\n')
    expect(await exec(id, 'echo on $- $SANDGLASS_ERREXIT')).toMatchObject({
      stdout: expect.stringMatching(/^on \w*e\w*\n$/),
    })
  })

  test('a queued command never starts', async () => {
    const id = await newSession()
    const first = await start(id, 'read x')
    const waiting = exec(id, 'touch started')
    const second = await eventually('the queue', async () => (await sessionOf(id)).commands[1])
    expect((await stop(id, second.id)).status).toBe(204)
    expect(await commandOf(id, second.id)).toMatchObject({ state: 'killed', reason: 'stopped', startedAt: null })
    expect(await waiting).toMatchObject({ status: 410 })
    await input(id, first, { eof: true })
    expect(await exec(id, 'ls')).toMatchObject({ stdout: expect.not.stringContaining('started') })
    expect(await sessionOf(id)).toMatchObject({ state: 'idle', queuedCount: 0 })
  })
})

describe('delete', () => {
  test('ends everything at once, fails callers that wait, and forgets', async () => {
    const id = await newSession()
    await exec(id, '(setsid sleep 306 >/dev/null 2>&1 &); nohup sleep 307 >/dev/null 2>&1 &')
    const waiting = exec(id, 'sleep 60')
    await eventually('three of them', async () => (await processes(id)).length === 3)
    const alive = await processes(id)
    const before = performance.now()
    expect((await remove(id)).status).toBe(204)
    expect(performance.now() - before).toBeLessThan(20_000)
    for (const { pid } of alive) expect(isRunning(pid)).toBe(false)
    expect(await waiting).toMatchObject({
      status: 410,
      code: 'SESSION_ENDED',
      message: 'gone: failed to execute command: bad request: session cancelled',
    })
    expect((await toolbox.request(`/process/session/${id}`)).status).toBe(404)
    expect((await remove(id)).json()).toMatchObject({ statusCode: 404, message: 'not found: session not found' })
    expect((await toolbox.post('/process/session', { sessionId: id })).status).toBe(201)
  })

  test('can keep processes alive, with what they start', async () => {
    const id = await newSession()
    const cmd = (await exec(id, '( while :; do sleep 0.05; echo tick; done ) & sleep 308 &')).cmdId
    const list = await eventually('both', async () => {
      const found = await processes(id)
      return found.length >= 2 && found.some((it) => it.command === 'sleep 308') ? found : null
    })
    const other = list.find((it) => it.command === 'sleep 308')?.pid ?? 0
    const kept = list.find((it) => it.pid !== other && it.command !== 'sleep 0.05')?.pid ?? 0
    await eventually('a tick', async () => (await logs(id, cmd)).stdout.includes('tick'))
    expect((await remove(id, `?keep=${kept}`)).status).toBe(204)
    expect(isRunning(other)).toBe(false)
    expect(isRunning(kept)).toBe(true)
    // It goes on printing, and must not die of a closed pipe: wait for a child that is younger than the deletion.
    const childrenOf = () => readFileSync(`/proc/${kept}/task/${kept}/children`, 'latin1')
    const before = childrenOf()
    await eventually('it goes on', () => childrenOf() !== '' && childrenOf() !== before)
    expect(isRunning(kept)).toBe(true)
    process.kill(kept, 'SIGKILL')
    expect((await remove(await newSession(), '?keep=x')).status).toBe(400)
  })

  test('the entrypoint cannot be deleted', async () => {
    expect((await remove('entrypoint')).json()).toMatchObject({
      statusCode: 400,
      message: "bad request: can't delete entrypoint session",
    })
  })

  test('leaves no file behind', async () => {
    const folder = path.join(toolbox.stateDir, 'sessions')
    const before = readdirSync(folder).length
    const id = await newSession()
    await exec(id, 'echo x')
    expect(readdirSync(folder).length).toBe(before + 1)
    await remove(id)
    expect(readdirSync(folder).length).toBe(before)
  })
})

test('the entrypoint session is there to be read, and in no list', async () => {
  const session = await sessionOf('entrypoint')
  expect(session).toMatchObject({ sessionId: 'entrypoint', system: true })
  expect(session.commands).toMatchObject([{ id: 'entrypoint_command', exitCode: 0 }])
  const read = await toolbox.request('/process/session/entrypoint/logs')
  expect(read.json()).toEqual({ output: '', stdout: '', stderr: '' })
  const list = (await toolbox.request('/process/session')).json<SessionDetail[]>()
  expect(list.map((it) => it.sessionId)).not.toContain('entrypoint')
})

test('the push channel tells of sessions and commands as they change', async () => {
  const socket = toolbox.webSocket('/events')
  const events: EngineEvent[] = []
  socket.on('message', (data) => events.push(JSON.parse(String(data))))
  await new Promise((resolve) => socket.once('open', resolve))
  const id = await newSession()
  const cmd = await start(id, 'echo x; read y')
  await eventually('output', () =>
    events.some((it) => it.type === 'command' && it.command.id === cmd && it.command.output.bytes === 2),
  )
  await input(id, cmd, { data: 'z' })
  await ended(id, cmd)
  await remove(id)
  await eventually('the deletion', () => events.some((it) => it.type === 'session-deleted' && it.sessionId === id))
  socket.close()
  const states = events.flatMap((it) => (it.type === 'command' && it.command.id === cmd ? [it.command.state] : []))
  expect(states[0]).toBe('running')
  expect(states.at(-1)).toBe('succeeded')
  const sessions = events.flatMap((it) =>
    it.type === 'session' && it.session.sessionId === id ? [it.session.state] : [],
  )
  expect(sessions[0]).toBe('idle')
  expect(sessions).toContain('running')
  expect(sessions.at(-1)).toBe('idle')
})
