/** State that was changed behind the toolbox's back is never reported as verified, and never leads to other files. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RunDetail, RunPage } from '@/lib/process-api/extensions'
import type { CommandDetail, SessionDetail } from '@/lib/process-api/process'
import { startEngine } from './engine-fixture'
import { type Get, type RecordedState, recordState, routesTo, secret } from './recorded-state'

const isRoot = process.getuid?.() === 0

let state: RecordedState

beforeAll(async () => {
  state = await recordState()
})
afterEach(() => state.restore())
afterAll(() => state.remove())

const inState = (...parts: string[]) => path.join(state.folder, ...parts)
const runs = () => inState('runs', 'executions.jsonl')
const commands = () => inState(state.session, 'commands', 'executions.jsonl')
const lines = (file: string) => readFileSync(file, 'utf8').trim().split('\n')

/** Change the folder, then read it with both readers. */
async function throughBoth(plant: () => unknown, look: (get: Get) => Promise<void>): Promise<void> {
  await plant()
  await state.readStopped(look)
  state.restore()
  await plant()
  await state.readRestarted(look)
}

/** No route fails, and none reveals the secret. */
async function nothingLeaks(get: Get): Promise<void> {
  for (const url of [...routesTo(state.run.id, 's1', state.command.id), `/process/run/${state.longRun.id}`]) {
    const { status, text } = await get(url)
    expect([url, status < 500]).toEqual([url, true])
    expect(text).not.toContain(secret)
    expect(text).not.toContain(Buffer.from(secret).toString('base64'))
  }
  for (const ending of ['', '.data', '.index', '.attachment', '.charts']) {
    expect(readFileSync(`${state.victim}${ending}`, 'utf8')).toBe(secret)
  }
}

const runOf = async (get: Get) => (await get(`/process/run/${state.run.id}`)).json<RunDetail>()
const commandOf = async (get: Get) =>
  (await get(`/process/session/s1/command/${state.command.id}`)).json<CommandDetail>()

/** Everything reported as verified equals what was recorded. */
async function nothingFalseIsVerified(get: Get): Promise<void> {
  for (const run of [state.run, state.longRun]) {
    const answer = await get(`/process/run/${run.id}`)
    expect(answer.status).toBeLessThan(500)
    if (answer.status !== 200) continue
    const reported = answer.json<RunDetail>()
    if (reported.verified !== true) continue
    expect(reported).toEqual({ ...run, verified: true })
    const expected = run === state.run ? 'printed\nwrong\n' : 'long\n'
    expect((await get(`/process/run/${run.id}/journal/download`)).text).toBe(expected)
  }
  const answer = await get(`/process/session/s1/command/${state.command.id}`)
  if (answer.status === 200 && answer.json<CommandDetail>().verified === true) {
    expect(answer.json()).toEqual({ ...state.command, verified: true })
  }
}

describe('unchanged state', () => {
  test('is verified by both readers, and has the same contents as before', async () => {
    await throughBoth(
      () => {},
      async (get) => {
        expect(await runOf(get)).toEqual({ ...state.run, verified: true })
        expect(await commandOf(get)).toEqual({ ...state.command, verified: true })
        const page = (await get('/process/run')).json<RunPage>()
        expect(page.runs.map(({ verified }) => verified)).toEqual([true, true])
        const session = (await get('/process/session/s1')).json<SessionDetail>()
        expect([session.verified, session.commands.map(({ verified }) => verified)]).toEqual([true, [true]])
        await nothingLeaks(get)
        await nothingFalseIsVerified(get)
      },
    )
  })

  test('of an earlier version, without codes, is reported as not verified', async () => {
    const unsigned = await recordState(null)
    const look = async (get: Get) => {
      const run = (await get(`/process/run/${unsigned.run.id}`)).json<RunDetail>()
      expect(run).toEqual({ ...unsigned.run, verified: false, unverifiedReason: 'unsigned' })
      const session = (await get('/process/session/s1')).json<SessionDetail>()
      expect(session).toMatchObject({ verified: false, unverifiedReason: 'unsigned', state: 'ended' })
    }
    await unsigned.readStopped(look)
    await unsigned.readRestarted(look)
    await unsigned.remove()
  })

  test('is reported as not verified with another secret, but is still readable', async () => {
    const other = Buffer.alloc(32, 1).toString('base64')
    await state.toolbox.restart({ stateKey: other })
    expect(await runOf((url) => state.toolbox.request(url))).toEqual({
      ...state.run,
      verified: false,
      unverifiedReason: 'record',
    })
    await state.toolbox.kill9()
  })
})

describe('something else in place of a file', () => {
  type Plant = (file: string) => unknown
  const kinds: Record<string, Plant> = {
    'a link to a file of the host': (file) => symlinkSync(`${state.victim}.data`, file),
    'a link to itself': (file) => symlinkSync(file, file),
    'a FIFO': (file) => execFileSync('mkfifo', [file]),
    'a socket': (file) => leaveSocket(file),
    'a folder': (file) => mkdirSync(file),
    'a second name of a file of the host': (file) => linkSync(`${state.victim}.data`, file),
    'an endless file': (file) => {
      writeFileSync(file, '')
      truncateSync(file, 2 ** 41)
    },
    nothing: () => {},
    ...(isRoot && {
      'a device': (file: string) => execFileSync('mknod', [file, 'c', '1', '5']),
      'a file of another user': (file: string) => {
        cpSync(`${state.victim}.data`, file)
        chownSync(file, 12_345, 12_345)
      },
    }),
  }
  const places: Record<string, () => string> = {
    'the output of a run': () => inState('runs', `${state.run.id}.data`),
    'the index of a run': () => inState('runs', `${state.run.id}.index`),
    'the request of a run': () => inState('runs', `${state.longRun.id}.attachment`),
    'the charts of a run': () => inState('runs', `${state.run.id}.charts`),
    'the records of runs': runs,
    'the records of commands': commands,
    'the output of a command': () => inState(state.session, 'commands', `${state.command.id}.data`),
    'the details of a session': () => inState(state.session, 'session.json'),
  }

  for (const [kind, plant] of Object.entries(kinds)) {
    test(`${kind} is not read or written, and blocks nothing`, async () => {
      for (const [name, place] of Object.entries(places)) {
        const replace = () => {
          rmSync(place(), { force: true })
          return plant(place())
        }
        await replace()
        await state.readStopped(async (get) => {
          await nothingLeaks(get)
          await nothingFalseIsVerified(get)
          if (name === 'the output of a run') {
            expect(await runOf(get)).toMatchObject({ exitCode: 3, verified: false, unverifiedReason: 'output' })
          }
        })
        state.restore()
      }
      for (const place of Object.values(places)) {
        rmSync(place(), { force: true })
        await plant(place())
      }
      await state.readRestarted(async (get) => {
        await nothingLeaks(get)
        const again = await state.toolbox.post('/process/execute', { command: 'echo again' })
        expect([again.status, again.json<{ result: string }>().result]).toEqual([200, 'again\n'])
        await state.toolbox.post('/process/session', { sessionId: 'later' })
        const exec = await state.toolbox.post('/process/session/later/exec', { command: 'echo later' })
        expect(exec.json()).toMatchObject({ exitCode: 0 })
        await nothingLeaks(get)
      })
    })
  }

  test.each(['runs', 'sessions', 'entrypoint', 'session', 'commands'])(
    'the folder %s as a link leads nowhere',
    async (which) => {
      const folder = () => {
        if (which === 'session') return inState(state.session)
        return which === 'commands' ? inState(state.session, 'commands') : inState(which)
      }
      const away = `${state.victim}-folder`
      await throughBoth(
        () => {
          rmSync(away, { recursive: true, force: true })
          if (existsSync(folder())) renameSync(folder(), away)
          else mkdirSync(away)
          symlinkSync(away, folder())
        },
        async (get) => {
          const before = readdirSync(away, { recursive: true }).length
          await nothingLeaks(get)
          if (which === 'runs') expect((await get('/process/run')).json<RunPage>().runs).toEqual([])
          if (which === 'sessions') expect((await get('/process/session')).json()).toEqual([])
          if (which === 'runs') expect((await get(`/process/run/${state.run.id}`)).status).toBe(404)
          expect(readdirSync(away, { recursive: true }).length).toBe(before)
        },
      )
    },
  )
})

describe('ids', () => {
  const hostile = [
    '../../../victim',
    '../../../../victim',
    '..',
    '.',
    '',
    'a/b',
    '/etc/passwd',
    'a\0b',
    'x'.repeat(5000),
    '-rf',
  ]

  test('of forged records never become a path', async () => {
    await throughBoth(
      () => {
        for (const file of [runs(), commands()]) {
          const [first = ''] = lines(file)
          for (const id of hostile) {
            const forged = { ...JSON.parse(first), id, output: sizes(secret.length), state: 'succeeded' }
            appendFileSync(file, `${JSON.stringify(forged)}\n`)
          }
        }
      },
      async (get) => {
        expect((await get('/process/run')).json<RunPage>().runs).toHaveLength(2)
        expect((await get('/process/session/s1')).json<SessionDetail>().commands).toHaveLength(1)
        for (const id of hostile.filter((id) => id.length > 2)) {
          const inUrl = encodeURIComponent(id)
          for (const url of routesTo(inUrl, 's1', inUrl)) {
            const { status, text } = await get(url)
            expect([url, status < 500]).toEqual([url, true])
            expect(text).not.toContain(secret)
          }
          expect((await get(`/process/session/s1/command/${inUrl}/logs`)).status).toBe(404)
          expect((await get(`/process/run/${inUrl}/journal/download`)).status).toBe(404)
        }
      },
    )
  })

  test('of sessions are checked, and a second session with the same id hides nothing', async () => {
    const facts = () => JSON.parse(readFileSync(inState(state.session, 'session.json'), 'utf8'))
    await throughBoth(
      () => {
        for (const [index, sessionId] of ['../../x', 'entrypoint', 's1', 'a b', ''].entries()) {
          const folder = inState('sessions', `00000000-0000-4000-8000-00000000000${index}`)
          mkdirSync(folder, { recursive: true })
          const forged = { ...facts(), sessionId, order: 0, message: 'forged' }
          writeFileSync(path.join(folder, 'session.json'), JSON.stringify(forged))
        }
        mkdirSync(inState('sessions', 'not-an-id'))
        writeFileSync(inState('sessions', 'not-an-id', 'session.json'), JSON.stringify(facts()))
      },
      async (get) => {
        const sessions = (await get('/process/session')).json<SessionDetail[]>()
        expect(sessions.map(({ sessionId, verified }) => [sessionId, verified])).toEqual([['s1', true]])
        expect((await get('/process/session/entrypoint')).text).not.toContain('forged')
      },
    )
  })
})

describe('records that were changed', () => {
  test('an appended end is ignored and reported', async () => {
    await throughBoth(
      () => {
        const last = JSON.parse(lines(runs()).findLast((line) => line.includes(state.run.id)) ?? '')
        appendFileSync(runs(), `${JSON.stringify({ ...last, exitCode: 0, state: 'succeeded' })}\n`)
        appendFileSync(runs(), `${JSON.stringify({ op: 'deleted', id: state.longRun.id })}\n`)
      },
      async (get) => {
        const why = { verified: false, unverifiedReason: 'record' }
        expect(await runOf(get)).toEqual({ ...state.run, ...why })
        expect((await get(`/process/run/${state.longRun.id}`)).json()).toEqual({ ...state.longRun, ...why })
      },
    )
  })

  test('a repeated older line is ignored and reported', async () => {
    await throughBoth(
      () => {
        const [first = ''] = lines(runs()).filter((line) => line.includes(state.run.id))
        appendFileSync(runs(), `${first.replace('"op":"new"', '"op":"state"')}\n${first}\n`)
      },
      async (get) => {
        expect(await runOf(get)).toEqual({ ...state.run, verified: false, unverifiedReason: 'record' })
        expect((await get(`/process/run/${state.longRun.id}`)).json<RunDetail>().verified).toBe(true)
      },
    )
  })

  test('a missing line makes all executions before it unverified', async () => {
    await throughBoth(
      () => {
        const all = lines(runs())
        const last = all.findLastIndex((line) => line.includes(state.run.id))
        writeFileSync(runs(), `${all.filter((_, index) => index !== last).join('\n')}\n`)
      },
      async (get) => {
        const run = await runOf(get)
        expect([run.state, run.exitCode, run.verified]).toEqual(['lost', null, false])
      },
    )
  })

  test('records of another sandbox or another location are not verified', async () => {
    const other = await recordState()
    const foreign = lines(path.join(other.folder, 'runs', 'executions.jsonl'))
    const moved = () => lines(commands()).map((line) => line.replaceAll(state.command.id, other.command.id))
    await throughBoth(
      () => {
        for (const name of readdirSync(path.join(other.folder, 'runs'))) {
          if (name.startsWith(other.run.id)) cpSync(path.join(other.folder, 'runs', name), inState('runs', name))
        }
        appendFileSync(runs(), `${foreign.join('\n')}\n`)
        appendFileSync(commands(), `${moved().join('\n')}\n`)
      },
      async (get) => {
        const run = (await get(`/process/run/${other.run.id}`)).json<RunDetail>()
        expect(run).toMatchObject({ exitCode: 3, verified: false, unverifiedReason: 'record' })
        const command = (await get(`/process/session/s1/command/${other.command.id}`)).json<CommandDetail>()
        expect(command).toMatchObject({ verified: false, unverifiedReason: 'record' })
        expect((await commandOf(get)).verified).toBe(true)
      },
    )
    await other.remove()
  })

  test('impossible values are never shown', async () => {
    const impossible = [
      { exitCode: 1e300 },
      { exitCode: 1.5 },
      { durationMs: -1 },
      { queuedAt: 'yesterday' },
      { endedAt: '2020-01-01' },
      { signal: '<script>' },
      { output: { bytes: -5, stdoutBytes: 0, stderrBytes: 0, droppedBytes: 0 } },
      { state: 'excellent' },
      { message: 7 },
    ]
    for (const change of impossible) {
      const plant = () => {
        const changed = lines(runs()).map((line) => {
          const { code: _, number: __, ...value } = JSON.parse(line)
          return JSON.stringify(value.id === state.run.id && value.op === 'state' ? { ...value, ...change } : value)
        })
        writeFileSync(runs(), `${changed.join('\n')}\n`)
      }
      plant()
      await state.readStopped(async (get) => {
        await nothingLeaks(get)
        const answer = await get(`/process/run/${state.run.id}`)
        if (answer.status === 404) return
        expect(answer.json()).toMatchObject({ state: 'lost', exitCode: null, verified: false })
        expect((await get('/process/run')).json<RunPage>().runs.map(({ id }) => id)).toContain(state.run.id)
      })
      state.restore()
    }
  })

  test('changed details of a session are reported', async () => {
    await throughBoth(
      () => {
        const file = inState(state.session, 'session.json')
        writeFileSync(file, readFileSync(file, 'utf8').replace(/"exitCode":\d+/, '"exitCode":0'))
      },
      async (get) => {
        const session = (await get('/process/session/s1')).json<SessionDetail>()
        expect(session).toMatchObject({ exitCode: 0, verified: false, unverifiedReason: 'record' })
      },
    )
  })
})

describe('output that was changed', () => {
  const data = () => inState('runs', `${state.run.id}.data`)
  const index = () => inState('runs', `${state.run.id}.index`)
  const changes: Record<string, [() => void, string]> = {
    'a byte': [() => flip(data(), 3), 'output'],
    'its length, truncated': [() => truncateSync(data(), 5), 'output'],
    'its length, grown': [() => appendFileSync(data(), 'more'), 'unsealed'],
    'its stream in the index': [() => flip(index(), 32 + 12), 'output'],
    'its time': [() => flip(index(), 27), 'output'],
    'the index, truncated': [() => truncateSync(index(), 32), 'output'],
    'all of it': [() => writeFileSync(data(), 'forged!\nwrong\n'), 'output'],
  }

  test.each(Object.keys(changes))('%s is reported, and the rest is still readable', async (what) => {
    const [plant, unverifiedReason] = changes[what] ?? [() => {}, '']
    await throughBoth(plant, async (get) => {
      expect(await runOf(get)).toMatchObject({ exitCode: 3, verified: false, unverifiedReason })
      expect((await get('/process/run')).json<RunPage>().runs.map(({ verified }) => verified)).toEqual([true, false])
      expect((await get(`/process/run/${state.run.id}/journal`)).status).toBe(200)
      await nothingLeaks(get)
    })
  })

  test('is still reported after a new toolbox read and rewrote the records', async () => {
    flip(data(), 3)
    await state.readRestarted(async (get) => expect((await runOf(get)).verified).toBe(false))
    await state.readStopped(async (get) => expect((await runOf(get)).unverifiedReason).toBe('output'))
  })
})

describe('a file with damage anywhere', () => {
  test('never fails a read, and never makes changed data verified', async () => {
    const files = readdirSync(state.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(inState(name)).isFile(),
    )
    expect(files.length).toBeGreaterThan(8)
    for (const name of files) {
      const { size } = statSync(inState(name))
      for (let step = 0; step < 3 && size > 0; step += 1) {
        for (const damage of [flip, truncateSync]) {
          damage(inState(name), Math.floor((size * step) / 3))
          await state.readStopped(async (get) => {
            await nothingFalseIsVerified(get)
          })
          state.restore()
        }
      }
    }
  })
})

describe('a stopped sandbox of an engine', () => {
  test('reveals nothing of the host, and reports what is not verified', async () => {
    const engine = await startEngine()
    try {
      const { id } = await engine.createSandbox()
      await engine.toolbox(id, 'POST', '/process/session', { sessionId: 's1' })
      const exec = await engine.toolbox(id, 'POST', '/process/session/s1/exec', { command: 'echo hi' })
      const { cmdId } = exec.json<{ cmdId: string }>()
      await engine.api('POST', `/sandbox/${id}/stop`)
      expect(statSync(path.join(engine.dataDir, 'state-secret')).mode & 0o777).toBe(0o600)

      const reported = await engine.toolbox(id, 'GET', `/process/session/s1/command/${cmdId}`)
      expect(reported.json()).toMatchObject({ exitCode: 0, verified: true, unverifiedReason: null })

      const victim = path.join(engine.dataDir, 'victim.data')
      writeFileSync(victim, secret)
      chmodSync(victim, 0o600)
      const sessions = path.join(engine.dataDir, 'sandboxes', id, 'state', 'sessions')
      const folder = path.join(sessions, readdirSync(sessions)[0] ?? '', 'commands')
      const up = '../../../../../../victim'
      const file = path.join(folder, 'executions.jsonl')
      const forged = { ...JSON.parse(lines(file)[0] ?? ''), id: up, state: 'succeeded', output: sizes(secret.length) }
      // A new reader is created only at the next start.
      await engine.restart()
      appendFileSync(file, `${JSON.stringify(forged)}\n`)
      rmSync(path.join(folder, `${cmdId}.data`))
      symlinkSync(victim, path.join(folder, `${cmdId}.data`))
      for (const one of [encodeURIComponent(up), cmdId]) {
        for (const url of routesTo(one, 's1', one)) {
          const { status, text } = await engine.toolbox(id, 'GET', url)
          expect([url, status < 500]).toEqual([url, true])
          expect(text).not.toContain(secret)
        }
      }
      const now = await engine.toolbox(id, 'GET', `/process/session/s1/command/${cmdId}`)
      expect(now.json()).toMatchObject({ exitCode: 0, verified: false })
      expect(
        (await engine.toolbox(id, 'GET', `/process/session/s1/command/${encodeURIComponent(up)}/logs`)).status,
      ).toBe(404)
    } finally {
      await engine.stop()
    }
  })
})

function sizes(bytes: number) {
  return { bytes, stdoutBytes: bytes, stderrBytes: 0, droppedBytes: 0 }
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
}

/** Creates a stale socket, as a killed server leaves one, by closing the server without Node's cleanup. */
async function leaveSocket(file: string): Promise<void> {
  const draft = path.join(path.dirname(state.victim), 'draft.sock')
  rmSync(draft, { force: true })
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(draft, resolve))
  renameSync(draft, file)
  await new Promise((resolve) => server.close(resolve))
}
