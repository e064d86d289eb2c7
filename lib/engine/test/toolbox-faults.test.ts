import { once } from 'node:events'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Capabilities, JournalWindow, RunDetail, RunPage, RunSummary } from '@/lib/process-api/extensions'
import type { SessionDetail } from '@/lib/process-api/process'
import type { PtyRecording } from '@/lib/process-api/pty'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

/** Seconds of sleep that identify the processes of this test run. */
const nap = 1_000_000 + Math.floor(Math.random() * 1_000_000)

afterEach(async () => {
  await toolbox.stop()
})

async function start(command: string, rest: Record<string, unknown> = {}): Promise<string> {
  const answer = await toolbox.post('/process/run', { kind: 'command', command, ...rest })
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)])
  return answer.json<RunSummary>().id
}

async function get(id: string): Promise<RunDetail> {
  return (await toolbox.request(`/process/run/${id}`)).json()
}

async function output(id: string): Promise<string> {
  return (await toolbox.request(`/process/run/${id}/journal/download`)).text
}

function running(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
    } catch {
      return false
    }
  })
}

describe('a killed toolbox', () => {
  test('loses no byte, marks running work as lost, and leaves no process behind', async () => {
    toolbox = await startToolbox()
    const before = (await toolbox.request('/capabilities')).json<Capabilities>()
    const done = await start('echo done; exit 3')
    const lost = await start(`for i in $(seq 5000); do echo L$i; done; echo e >&2; setsid sleep ${nap} & sleep ${nap}`)
    await eventually('the output is complete', async () => (await output(lost)).endsWith('L5000\ne\n'))
    const window = (await toolbox.request(`/process/run/${lost}/journal?tail=20`)).json<JournalWindow>()
    const finished = await get(done)
    const begun = await get(lost)
    await toolbox.kill9()
    expect(running(String(nap)).length).toBeGreaterThan(0)
    await toolbox.restart()
    expect(running(String(nap))).toEqual([])
    expect(await get(done)).toEqual({ ...finished, verified: true })
    expect(await get(lost)).toMatchObject({
      state: 'lost',
      exitCode: null,
      signal: null,
      reason: 'toolbox-lost',
      startedAt: begun.startedAt,
      endedAt: null,
      durationMs: null,
      output: begun.output,
    })
    expect(await output(lost)).toBe(`${Array.from({ length: 5000 }, (_, i) => `L${i + 1}\n`).join('')}e\n`)
    expect((await toolbox.request(`/process/run/${lost}/journal?tail=20`)).json()).toEqual(window)
    const after = (await toolbox.request('/capabilities')).json<Capabilities>()
    expect(after.instanceId).not.toBe(before.instanceId)
    expect((await toolbox.post('/process/execute', { command: 'echo on' })).json()).toEqual({
      exitCode: 0,
      result: 'on\n',
    })
  })

  test('keeps the output that it had received while streaming', async () => {
    toolbox = await startToolbox()
    const id = await start('while :; do echo "$((n++))"; done')
    await eventually('it streams', async () => (await output(id)).length > 100_000)
    await toolbox.kill9()
    const data = readFileSync(path.join(toolbox.stateDir, 'runs', `${id}.data`), 'latin1')
    await toolbox.restart()
    const found = await output(id)
    expect(found === data).toBe(true)
    const lines = found.split('\n').slice(0, -1)
    expect(lines.every((line, i) => line === String(i))).toBe(true)
    expect((await get(id)).output.bytes).toBe(data.length)
  })

  test('skips a broken record and reads the others', async () => {
    toolbox = await startToolbox()
    const id = await start('echo kept')
    await eventually('it ends', async () => (await get(id)).state === 'succeeded')
    await toolbox.kill9()
    const records = path.join(toolbox.stateDir, 'runs', 'executions.jsonl')
    appendFileSync(records, '{"op":"new","id":"11111111-1111-4111-8111-111111111111"}\n{"op":"new","id":"2222')
    await toolbox.restart()
    expect((await toolbox.request('/process/run')).json<RunPage>().runs.map((run) => run.id)).toEqual([id])
  })
})

describe('a disk that cannot be written', () => {
  async function startWithFault(): Promise<{ fail(code: string): void; heal(): void }> {
    const flag = path.join(tmpdir(), `sandglass-full-disk-${process.pid}`)
    rmSync(flag, { force: true })
    const preload = path.join(import.meta.dirname, 'programs', 'full-disk.cjs')
    const env: Record<string, string> = { FULL_DISK: flag }
    toolbox = await startToolbox({}, (folders) => ({
      nodeArgs: ['-r', preload],
      env: { ...env, STATE_DIR: folders.stateDir },
    }))
    return { fail: (code) => writeFileSync(flag, code), heal: () => rmSync(flag, { force: true }) }
  }

  test.each([
    ['ENOSPC', 'the disk is full'],
    ['EROFS', 'read-only'],
  ])('%s: nothing is started that could not be recorded, and the toolbox keeps running', async (code, words) => {
    const disk = await startWithFault()
    disk.fail(code)
    for (const [url, body] of [
      ['/process/execute', { command: 'touch started' }],
      ['/process/code-run', { language: 'python', code: 'open("started", "w")' }],
      ['/process/run', { kind: 'command', command: 'touch started' }],
    ] as const) {
      const answer = await toolbox.post(url, body)
      expect(answer.status).toBe(507)
      expect(answer.json<{ message: string }>().message).toContain(words)
    }
    disk.heal()
    const answer = await toolbox.post('/process/execute', { command: 'ls' })
    expect(answer.json()).toEqual({ exitCode: 0, result: '' })
    expect((await toolbox.request('/process/run')).json<RunPage>().runs).toHaveLength(1)
  })

  test('a command keeps running, lost output is counted exactly, and its end is recorded when there is space', async () => {
    const disk = await startWithFault()
    const id = await start('printf kept; read x; printf lost.; read x; printf more; exit 5', { stdin: 'open' })
    const next = () => toolbox.post(`/process/run/${id}/input`, { data: '', newline: true, eof: false })
    await eventually('the first part is recorded', async () => (await output(id)) === 'kept')
    disk.fail('ENOSPC')
    expect((await next()).status).toBe(400)
    await toolbox.post(`/process/run/${id}/input`, { data: 'go' })
    await eventually('the loss is counted', async () => (await get(id)).output.droppedBytes === 5)
    disk.heal()
    await toolbox.post(`/process/run/${id}/input`, { data: 'go' })
    const done = await eventually('it ends', async () => {
      const run = await get(id)
      return run.state === 'running' ? null : run
    })
    expect(done).toMatchObject({
      state: 'failed',
      exitCode: 5,
      output: { bytes: 8, stdoutBytes: 8, droppedBytes: 5 },
      message: expect.stringContaining('the disk is full'),
    })
    expect(await output(id)).toBe('keptmore')
    await toolbox.restart()
    expect(await get(id)).toEqual({ ...done, verified: true })
  })

  test('an end that could not be recorded is recorded later', async () => {
    const disk = await startWithFault()
    const id = await start('read x; exit 6', { stdin: 'open' })
    disk.fail('ENOSPC')
    await toolbox.post(`/process/run/${id}/input`, { data: 'go' })
    await eventually('it ends', async () => (await get(id)).exitCode === 6)
    disk.heal()
    const file = path.join(toolbox.stateDir, 'runs', 'executions.jsonl')
    await eventually('it is on disk', () => readFileSync(file, 'utf8').includes('"exitCode":6'), 10_000)
  })

  test.each([
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', 'the disk is full'],
    ['EIO', 'the disk reports an error'],
    ['EFBIG', 'the file would exceed its maximum length'],
    ['EROFS', 'the disk is read-only'],
  ])(
    '%s: nothing of an output recorded is an error in every kind of execution, never an empty success',
    async (code, words) => {
      const disk = await startWithFault()
      const ready = 'echo r >> ready; until [ -e go ]; do sleep 0.01; done; echo hi'
      const python =
        'open("ready", "a").write("r\\n")\nimport os, time\nwhile not os.path.exists("go"): time.sleep(0.01)\nprint("hi")'
      const session = { sessionId: 'bounds' }
      expect((await toolbox.post('/process/session', session)).status).toBe(201)
      const answers = [
        toolbox.post('/process/execute', { command: ready }),
        toolbox.post('/process/code-run', { language: 'python', code: python }),
        toolbox.post('/process/session/bounds/exec', { command: ready }),
      ]
      const id = await start(ready)
      const file = path.join(toolbox.homeDir, 'ready')
      await eventually('all of them run', () => existsSync(file) && readFileSync(file, 'utf8') === 'r\n'.repeat(4))
      disk.fail(code)
      writeFileSync(path.join(toolbox.homeDir, 'go'), '')
      for (const answer of await Promise.all(answers)) {
        expect([answer.status, answer.json()]).toEqual([
          507,
          expect.objectContaining({
            code: 'INSUFFICIENT_STORAGE',
            message: expect.stringContaining(words),
            output: '',
            truncated: true,
            droppedBytes: 3,
          }),
        ])
      }
      const run = await eventually('the run ends', async () => {
        const found = await get(id)
        return found.state === 'running' ? null : found
      })
      const lost = { state: 'failed', reason: 'not-recorded', exitCode: null, output: { droppedBytes: 3 } }
      expect(run).toMatchObject({ ...lost, message: expect.stringContaining(words) })
      const { commands } = (await toolbox.request('/process/session/bounds')).json<SessionDetail>()
      expect(commands).toMatchObject(
        [lost].map(({ exitCode, ...rest }) => ({ ...rest, message: expect.stringContaining(words) })),
      )
      disk.heal()
      await eventually(
        'the ends are on disk',
        () => {
          const lines = readFileSync(path.join(toolbox.stateDir, 'runs', 'executions.jsonl'), 'utf8').split('\n')
          return lines.filter((line) => line.includes('"reason":"not-recorded"')).length >= 3
        },
        10_000,
      )
      await toolbox.restart()
      expect(await get(id)).toMatchObject(lost)
      expect((await toolbox.post('/process/execute', { command: 'echo hi' })).json()).toEqual({
        exitCode: 0,
        result: 'hi\n',
      })
    },
  )

  test('an interpreter run that could not be recorded closes with an error', async () => {
    const disk = await startWithFault()
    const socket = toolbox.webSocket('/process/interpreter/execute')
    await once(socket, 'open')
    const texts: string[] = []
    socket.on('message', (data) => texts.push(data.toString()))
    socket.send(
      JSON.stringify({
        code: 'import os, time\nopen("ready", "w").close()\nwhile not os.path.exists("go"): time.sleep(0.01)\nprint("hi")',
      }),
    )
    await eventually('it runs', () => existsSync(path.join(toolbox.homeDir, 'ready')))
    disk.fail('ENOSPC')
    writeFileSync(path.join(toolbox.homeDir, 'go'), '')
    const [closeCode, reason] = await once(socket, 'close')
    expect([closeCode, String(reason)]).toEqual([1011, expect.stringContaining('could be recorded')])
    expect(texts.join('\n')).not.toContain('completed')
    disk.heal()
  })

  test('a terminal recording that cannot continue ends with the reason', async () => {
    const disk = await startWithFault()
    expect((await toolbox.post('/process/pty', { id: 'recorded' })).status).toBe(201)
    const begun = await toolbox.post('/process/pty/recorded/recording', { action: 'start' })
    expect(begun.status).toBe(201)
    const { id } = begun.json<PtyRecording>()
    disk.fail('ENOSPC')
    const socket = toolbox.webSocket('/process/pty/recorded/connect')
    await once(socket, 'open')
    socket.send(Buffer.from('echo printed\r'))
    const ended = await eventually('it ends', async () => {
      const found = (await toolbox.request(`/process/pty-recording/${id}`)).json<PtyRecording>()
      return found.endedAt === null ? null : found
    })
    expect(ended.message).toBe('the disk is full; later output is missing')
    const refused = await toolbox.post('/process/pty/recorded/recording', { action: 'start' })
    expect([refused.status, refused.text]).toEqual([507, expect.stringContaining('the disk is full')])
    disk.heal()
    socket.terminate()
  })

  test('a response says exactly what is missing from it', async () => {
    const disk = await startWithFault()
    const pending = toolbox.post('/process/execute', { command: 'echo kept; sleep 0.6; echo lost' })
    await eventually('it printed', async () => {
      const [run] = (await toolbox.request('/process/run?limit=1')).json<RunPage>().runs
      return run?.output.bytes === 5
    })
    disk.fail('ENOSPC')
    const answer = await pending
    expect(answer.status).toBe(507)
    expect(answer.json()).toMatchObject({
      code: 'INSUFFICIENT_STORAGE',
      message: expect.stringMatching(/output could not be recorded completely: the disk is full. The exit code was 0$/),
      output: 'kept\n',
      truncated: true,
      droppedBytes: 5,
    })
    expect(answer.headers['x-sandglass-dropped-bytes']).toBe('5')
    disk.heal()
  })
})

describe('limits', () => {
  test('a journal and a response at their limits say exactly what was left out', async () => {
    toolbox = await startToolbox({ limits: { journalBytes: 100_000, resultBytes: 1_000 } })
    const answer = await toolbox.post('/process/execute', { command: `head -c 150000 /dev/zero | tr '\\0' x` })
    expect(answer.json()).toEqual({
      exitCode: 0,
      result: 'x'.repeat(1_000),
      truncated: true,
      droppedBytes: 149_000,
    })
    const id = String(answer.headers['x-sandglass-run'])
    expect(await get(id)).toMatchObject({
      state: 'succeeded',
      output: { bytes: 100_000, droppedBytes: 50_000 },
      message: expect.stringContaining('limit of 100000 bytes'),
    })
    const old = { 'x-daytona-source': 'sdk-go', 'x-daytona-sdk-version': '0.180.0' }
    const strict = await toolbox.post('/process/execute', { command: `head -c 1500 /dev/zero | tr '\\0' x` }, old)
    expect(Object.keys(strict.json<object>())).toEqual(['exitCode', 'result'])
    expect(strict.headers['x-sandglass-dropped-bytes']).toBe('500')
  })

  test('a body over the limit is a 413 that names it, and the connection stays open', async () => {
    toolbox = await startToolbox({ limits: { bodyBytes: 1_000 } })
    const answer = await toolbox.post('/process/execute', { command: 'x'.repeat(5_000_000) })
    expect(answer.status).toBe(413)
    expect(answer.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', limit: 1_000 })
    expect(answer.json<{ message: string }>().message).toContain('1000 bytes')
  })

  test('the journals of ended runs stay under their common limit', async () => {
    toolbox = await startToolbox({ limits: { keptRunBytes: 1_000_000 } })
    for (let i = 0; i < 6; i += 1) await toolbox.post('/process/execute', { command: 'head -c 400000 /dev/zero' })
    const { runs } = (await toolbox.request('/process/run')).json<RunPage>()
    expect(runs).toHaveLength(3)
  })
})

test('many commands leak no descriptor, no process and no memory', async () => {
  toolbox = await startToolbox()
  const descriptors = () => readdirSync(`/proc/${toolbox.pid}/fd`).length
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${toolbox.pid}/status`, 'utf8'))?.[1]) / 1024
  const children = () =>
    readFileSync(`/proc/${toolbox.pid}/task/${toolbox.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).length
  const burst = async (count: number) => {
    for (let i = 0; i < count; i += 8) {
      const eight = Array.from({ length: 8 }, () => toolbox.post('/process/execute', { command: 'echo hi' }))
      for (const answer of await Promise.all(eight)) expect(answer.json()).toEqual({ exitCode: 0, result: 'hi\n' })
    }
  }
  await burst(200)
  const before = { descriptors: descriptors(), resident: resident() }
  await burst(600)
  await eventually('descriptors are closed', () => descriptors() <= before.descriptors + 5)
  await eventually('children have exited', () => children() === 0)
  expect(resident() - before.resident).toBeLessThan(30)
}, 120_000)
