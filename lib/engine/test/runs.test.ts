import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineEvent, RunDetail, RunPage, RunSummary } from '@/lib/process-api/extensions'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox({ limits: { keptRuns: 12 } })
})
afterAll(async () => {
  await toolbox.stop()
})

async function start(body: Record<string, unknown>): Promise<RunSummary> {
  const answer = await toolbox.post('/process/run', { kind: 'command', ...body })
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)])
  return answer.json()
}

async function get(id: string): Promise<RunDetail> {
  const answer = await toolbox.request(`/process/run/${id}`)
  expect(answer.status).toBe(200)
  return answer.json()
}

function ended(id: string): Promise<RunDetail> {
  return eventually(`run ${id} ends`, async () => {
    const run = await get(id)
    return run.state === 'running' ? null : run
  })
}

async function output(id: string, stream?: 'stdout' | 'stderr'): Promise<string> {
  return (await toolbox.request(`/process/run/${id}/journal/download${stream ? `?stream=${stream}` : ''}`)).text
}

function act(id: string, verb: string, body?: unknown) {
  return toolbox.post(`/process/run/${id}/${verb}`, body)
}

describe('starting', () => {
  test('returns the beginning of long code and its length where a client requests that', async () => {
    const code = `print(1) # ${'ä😀'.repeat(100_000)}`
    const run = await ended((await start({ kind: 'code', language: 'python', code })).id)
    expect(run).toMatchObject({ code, command: null, textLength: code.length })
    const head = async (limit: string) =>
      (await toolbox.request(`/process/run/${run.id}?textLimit=${limit}`)).json<RunDetail>()
    expect(await head('8')).toMatchObject({ code: 'print(1)', textLength: code.length, state: 'succeeded' })
    // A limit within a surrogate pair.
    expect(await head('13')).toMatchObject({ code: 'print(1) # ä' })
    expect(await head('0')).toMatchObject({ code: '' })
    expect(await head('-1')).toMatchObject({ statusCode: 400 })
  })

  test('responds without waiting, and keeps stdout and stderr separate', async () => {
    const begun = performance.now()
    const run = await start({ command: 'echo out; echo err >&2; sleep 0.3; exit 3', cwd: '/tmp', envs: { A: 'b' } })
    expect(performance.now() - begun).toBeLessThan(20_000)
    expect(run).toMatchObject({ state: 'running', origin: 'run', streams: 'split', exitCode: null, stdinOpen: false })
    const done = await ended(run.id)
    expect(done).toMatchObject({
      state: 'failed',
      exitCode: 3,
      signal: null,
      reason: 'exited',
      command: 'echo out; echo err >&2; sleep 0.3; exit 3',
      code: null,
      cwd: '/tmp',
      envs: { A: 'b' },
      title: 'echo out; echo err >&2; sleep 0.3; exit 3',
      output: { bytes: 8, stdoutBytes: 4, stderrBytes: 4, droppedBytes: 0 },
      survivors: [],
    })
    expect(done.durationMs).toBeGreaterThan(290)
    expect(Date.parse(done.endedAt ?? '') - Date.parse(done.startedAt ?? '')).toBeGreaterThan(250)
    expect(await output(run.id, 'stdout')).toBe('out\n')
    expect(await output(run.id, 'stderr')).toBe('err\n')
  })

  test('code, with a folder, arguments and a timeout', async () => {
    const run = await start({
      kind: 'code',
      language: 'python',
      code: 'import os, sys, time\nprint(os.getcwd(), sys.argv, flush=True)\ntime.sleep(98781)',
      argv: ['a b'],
      cwd: '/tmp',
      timeout: 1,
    })
    const done = await ended(run.id)
    expect(done).toMatchObject({
      state: 'timed-out',
      reason: 'timeout',
      timeoutSeconds: 1,
      message: 'Timed out after 1 s.',
    })
    expect(await output(run.id)).toMatch(/^\/tmp \['[^']+\/main\.py', 'a b'\]\n$/)
  })

  test('a program that cannot be started is a failed run with the reason', async () => {
    const run = await start({ command: 'true', cwd: '/nope' })
    expect(await ended(run.id)).toMatchObject({
      state: 'failed',
      exitCode: null,
      reason: 'spawn-failed',
      message: 'The working directory /nope does not exist.',
    })
  })

  test.each([
    { kind: 'command' },
    { kind: 'command', command: '' },
    { kind: 'command', command: '  ' },
    { kind: 'code', language: 'ruby', code: 'x' },
    { kind: 'code', language: 'python', code: '' },
    { kind: 'other' },
    { kind: 'command', command: 'true', envs: { '1A': '' } },
    { kind: 'command', command: 'true', timeout: -1 },
    { kind: 'command', command: 'true', stdin: 'maybe' },
  ])('%j is rejected', async (body) => {
    const answer = await toolbox.post('/process/run', body)
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({ statusCode: 400, source: 'DAYTONA_DAEMON', message: expect.any(String) })
  })
})

describe('ending', () => {
  test('stop ends the whole tree', async () => {
    const run = await start({ command: 'echo begun; setsid sleep 98782 & sleep 98782' })
    await eventually('it printed', async () => (await output(run.id)) === 'begun\n')
    const { processes } = (await toolbox.request(`/process/run/${run.id}/processes`)).json<{ processes: unknown[] }>()
    expect(processes.length).toBeGreaterThanOrEqual(2)
    expect((await act(run.id, 'stop')).status).toBe(204)
    expect(await get(run.id)).toMatchObject({ state: 'killed', reason: 'stopped', exitCode: 143, survivors: [] })
    expect((await toolbox.request(`/process/run/${run.id}/processes`)).json()).toEqual({ processes: [] })
    expect((await act(run.id, 'stop')).status).toBe(204)
  })

  test('a signal reaches the process group, and its name is in the record', async () => {
    const run = await start({ command: 'trap "echo got it" USR1; echo ready; while :; do sleep 0.02; done' })
    await eventually('it is ready', async () => (await output(run.id)) === 'ready\n')
    expect((await act(run.id, 'signal', { signal: 'SIGUSR1' })).status).toBe(204)
    await eventually('it got the signal', async () => (await output(run.id)).includes('got it\n'))
    expect((await act(run.id, 'signal', { signal: 'SIGKILL' })).status).toBe(204)
    expect(await ended(run.id)).toMatchObject({
      state: 'killed',
      reason: 'signalled',
      signal: 'SIGKILL',
      exitCode: 137,
    })
    const late = await act(run.id, 'signal', { signal: 'SIGINT' })
    expect(late.status).toBe(410)
    expect(late.json()).toMatchObject({
      code: 'COMMAND_ALREADY_COMPLETED',
      message: 'gone: the run has already completed with exit code 137',
    })
    expect((await act(run.id, 'signal', { signal: 'SIGNOPE' })).status).toBe(400)
  })

  test('deleting an active run ends and removes it', async () => {
    const run = await start({ command: 'echo x; sleep 98783' })
    await eventually('it printed', async () => (await output(run.id)) === 'x\n')
    expect((await toolbox.request(`/process/run/${run.id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await toolbox.request(`/process/run/${run.id}`)).status).toBe(404)
    expect((await toolbox.request(`/process/run/${run.id}`, { method: 'DELETE' })).status).toBe(404)
    expect(readdirSync(path.join(toolbox.stateDir, 'runs')).filter((name) => name.startsWith(run.id))).toEqual([])
  })

  test.each(['..', 'a%2Fb', 'x'.repeat(300), '%00', '00000000-0000-4000-8000-000000000000'])(
    'no run is called %s',
    async (id) => {
      for (const url of [`/process/run/${id}`, `/process/run/${id}/journal`, `/process/run/${id}/journal/download`]) {
        expect((await toolbox.request(url)).status).toBe(404)
      }
      expect((await act(id, 'stop')).status).toBe(404)
    },
  )
})

describe('input', () => {
  test('a prompt without a newline appears immediately, and the input arrives', async () => {
    const run = await start({ command: `printf 'Name? '; read n; echo "hi $n"`, stdin: 'open' })
    expect(run.stdinOpen).toBe(true)
    await eventually('the prompt', async () => (await output(run.id)) === 'Name? ', 300)
    expect((await act(run.id, 'input', { data: 'bob' })).status).toBe(204)
    expect(await ended(run.id)).toMatchObject({ state: 'succeeded', stdinOpen: false })
    expect(await output(run.id)).toBe('Name? hi bob\n')
    expect((await act(run.id, 'input', { data: 'late' })).status).toBe(410)
  })

  test('input without a newline, and end-of-file', async () => {
    const run = await start({ command: 'cat; echo "|end"', stdin: 'open' })
    await act(run.id, 'input', { data: 'a', newline: false })
    await act(run.id, 'input', { data: 'b\n' })
    await act(run.id, 'input', { data: 'c', newline: false, eof: true })
    expect(await ended(run.id)).toMatchObject({ state: 'succeeded' })
    expect(await output(run.id)).toBe('ab\nc|end\n')
  })

  test('standard input is closed unless requested', async () => {
    const run = await start({ command: 'cat; sleep 0.5' })
    const answer = await act(run.id, 'input', { data: 'x' })
    expect(answer.status).toBe(409)
    expect(answer.json()).toMatchObject({ message: 'conflict: the standard input of this run is closed' })
    expect((await act(run.id, 'input', {})).status).toBe(400)
    await act(run.id, 'stop')
  })

  test.each([
    ['python', 'print("got", input(), __name__)', 'got x __main__\n'],
    [
      'javascript',
      'process.stdin.on("data", (d) => { console.log("got", String(d).trim()); process.exit() })',
      'got x\n',
    ],
    [
      'typescript',
      'process.stdin.on("data", (d: Buffer) => { console.log("got", String(d).trim()); process.exit() })',
      'got x\n',
    ],
  ])('is read by a %s program', async (language, code, expected) => {
    const run = await start({ kind: 'code', language, code, stdin: 'open' })
    expect((await act(run.id, 'input', { data: 'x' })).status).toBe(204)
    expect(await ended(run.id)).toMatchObject({ state: 'succeeded' })
    expect(await output(run.id)).toBe(expected)
  })

  test('to a process that does not read blocks nobody and is rejected', async () => {
    const run = await start({ command: 'sleep 98784', stdin: 'open' })
    const chunk = 'x'.repeat(1_000_000)
    const answers: number[] = []
    for (let i = 0; i < 6; i += 1) answers.push((await act(run.id, 'input', { data: chunk })).status)
    expect(answers[0]).toBe(204)
    expect(answers.at(-1)).toBe(429)
    expect((await act(run.id, 'input', { data: 'x'.repeat(5_000_000) })).status).toBe(429)
    await act(run.id, 'stop')
  })
})

describe('the list', () => {
  test('newest first, in pages', async () => {
    const ids: string[] = []
    for (let i = 0; i < 5; i += 1) ids.unshift((await start({ command: `echo ${i}` })).id)
    const first = (await toolbox.request('/process/run?limit=2')).json<RunPage>()
    expect(first.runs.map((run) => run.id)).toEqual(ids.slice(0, 2))
    const second = (await toolbox.request(`/process/run?limit=2&before=${first.next}`)).json<RunPage>()
    expect(second.runs.map((run) => run.id)).toEqual(ids.slice(2, 4))
    for (const query of ['limit=0', 'limit=x', 'limit=201']) {
      expect((await toolbox.request(`/process/run?${query}`)).status).toBe(400)
    }
    expect((await toolbox.request('/process/run?before=nope')).status).toBe(404)
  })

  test('deletes the oldest ended runs at the limit, never an active one', async () => {
    const long = await start({ command: 'sleep 98785' })
    const ids: string[] = []
    for (let i = 0; i < 20; i += 1) {
      const run = await start({ command: `echo ${i}` })
      ids.push(run.id)
      await ended(run.id)
    }
    const { runs, next } = (await toolbox.request('/process/run?limit=200')).json<RunPage>()
    expect(next).toBeNull()
    expect(runs.map((run) => run.id)).toEqual([...ids.slice(-12).reverse(), long.id])
    const names = readdirSync(path.join(toolbox.stateDir, 'runs'))
    const kept = new Set(runs.map((run) => run.id))
    expect(names.filter((name) => !kept.has(name.split('.')[0] ?? ''))).toEqual(['executions.jsonl'])
    await act(long.id, 'stop')
  })
})

test('changes are pushed immediately', async () => {
  const events: EngineEvent[] = []
  const socket = toolbox.webSocket('/events')
  socket.on('message', (data) => events.push(JSON.parse(String(data))))
  await new Promise((resolve) => socket.once('open', resolve))
  const run = await start({ command: 'for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.1; done' })
  await ended(run.id)
  await toolbox.request(`/process/run/${run.id}`, { method: 'DELETE' })
  await eventually('the deletion is reported', () =>
    events.some((it) => it.type === 'run-deleted' && it.runId === run.id),
  )
  const states = events.filter((it) => it.type === 'run' && it.run.id === run.id)
  const reported = states.map((it) => (it.type === 'run' ? [it.run.state, it.run.output.bytes] : []))
  expect(reported[0]).toEqual(['running', 0])
  expect(reported.at(-1)).toEqual(['succeeded', 21])
  // The size of the output is reported while the run is active, at most four times a second.
  expect(reported.length).toBeGreaterThanOrEqual(4)
  expect(reported.length).toBeLessThanOrEqual(9)
  socket.close()
})

test('runs and their journals survive a restart', async () => {
  const run = await start({ command: 'echo kept; echo e >&2' })
  const before = await ended(run.id)
  const list = (await toolbox.request('/process/run?limit=200')).json<RunPage>()
  await toolbox.restart({ limits: { keptRuns: 12 } })
  expect(await get(run.id)).toEqual({ ...before, verified: true })
  const verified = { ...list, runs: list.runs.map((one) => ({ ...one, verified: true })) }
  expect((await toolbox.request('/process/run?limit=200')).json()).toEqual(verified)
  expect(await output(run.id, 'stderr')).toBe('e\n')
})

test('an orderly shutdown leaves no process and a correct record', async () => {
  const run = await start({ command: '(setsid sleep 98786 &); echo x; sleep 98786' })
  await eventually('it printed', async () => (await output(run.id)) === 'x\n')
  await toolbox.restart({ limits: { keptRuns: 12 } })
  expect(await get(run.id)).toMatchObject({ state: 'killed', reason: 'sandbox-stopped', output: { bytes: 2 } })
  expect(existsSync(toolbox.socketPath)).toBe(true)
})
