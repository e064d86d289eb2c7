/** A toolbox that is stopped, blocked or dead is detected from outside, resumed or replaced, and reported. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ExecuteResponse } from '@/lib/process-api/process'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { findProgram } from '@/lib/settings/programs'
import { Heartbeat, type HeartbeatTimes } from '../control-plane/sandbox/heartbeat'
import { ToolboxLink } from '../control-plane/sandbox/toolbox-link'
import { type HostProcess, identify } from '../isolation/host-process'
import { markFrozen, signsOf, unmarkFrozen } from '../isolation/process-signs'
import { readProcess } from '../linux/process-table'
import { type EngineFixture, startEngine } from './engine-fixture'
import { processesOf, toolboxOf } from './host-processes'
import { eventually } from './toolbox-fixture'

const hour = 3_600_000

describe('the heartbeat of one server', () => {
  let folder: string
  let child: ChildProcess
  let server: HostProcess
  let link: ToolboxLink
  let heartbeat: Heartbeat | null = null
  let seen: string[]
  const usual: HeartbeatTimes = {
    intervalMs: 10,
    timeoutMs: 100,
    retryMs: 10,
    missesUntilSilent: 2,
    idleMissesUntilLost: 4,
    missesUntilLost: 1_000,
  }

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sandglass-heartbeat-'))
    link = new ToolboxLink(folder)
    const program = path.join(import.meta.dirname, 'programs', 'blocking-server.mjs')
    child = spawn(process.execPath, [program, link.socketPath], { stdio: 'inherit' })
    await link.ready(20_000, new Promise(() => {}))
    const found = identify(child.pid ?? 0)
    if (!found) throw new Error('the server exited')
    server = found
    seen = []
  })
  afterEach(async () => {
    heartbeat?.stop()
    heartbeat = null
    link.close()
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  })

  /** @param questions counts the pings of the server */
  function watch(times: Partial<HeartbeatTimes> = {}) {
    const asked = { count: 0 }
    heartbeat = new Heartbeat(
      {
        ping: (deadlineMs) => {
          asked.count += 1
          return link.call('GET', '/version', undefined, deadlineMs)
        },
        processes: () => [server],
      },
      {
        resumed: () => seen.push('resumed'),
        silent: () => seen.push('silent'),
        recovered: () => seen.push('answered'),
        lost: () => seen.push('lost'),
      },
      { ...usual, ...times },
    )
    return asked
  }
  const does = (what: 'compute' | 'sleep', ms: number) => link.call('GET', `/${what}?ms=${ms}`, undefined, 20_000)

  test('a responsive one is pinged repeatedly, and nothing is reported', async () => {
    const asked = watch()
    await eventually('it is pinged', () => asked.count > 20)
    expect(seen).toEqual([])
  })

  test('one that is stopped by a signal is resumed and responds', async () => {
    process.kill(server.pid, 'SIGSTOP')
    await eventually('it is stopped', () => signsOf(server).state === 'stopped')
    watch()
    await eventually('it is resumed', () => seen.includes('resumed'))
    await does('compute', 0)
    expect(seen).not.toContain('lost')
    expect(signsOf(server).state).not.toBe('stopped')
  })

  test('one that the engine itself has frozen is neither resumed nor lost until it is released', async () => {
    markFrozen(server)
    child.kill('SIGSTOP')
    const asked = watch()
    await eventually('it was pinged often', () => asked.count > 2 * usual.idleMissesUntilLost)
    expect([seen, signsOf(server).state]).toEqual([[], 'stopped'])
    unmarkFrozen(server)
    await eventually('it is resumed', () => seen.includes('resumed'))
  })

  test('one that is stopped again after each resume is lost', async () => {
    const stopping = setInterval(() => process.kill(server.pid, 'SIGSTOP'), 1)
    try {
      watch()
      await eventually('it is lost', () => seen.includes('lost'))
      expect(seen.filter((word) => word === 'resumed').length).toBeGreaterThan(1)
    } finally {
      clearInterval(stopping)
    }
  })

  test('one that computes is reported as silent but not lost; its recovery is reported too', async () => {
    await does('compute', 2_000)
    watch()
    await eventually('it responds again', () => seen.includes('answered'))
    expect(seen).toEqual(['silent', 'answered'])
  })

  test('one that computes without end is lost eventually', async () => {
    await does('compute', hour)
    watch({ missesUntilLost: 12 })
    await eventually('it is lost', () => seen.includes('lost'))
    expect(seen).toEqual(['silent', 'lost'])
  })

  test('one whose event loop blocks without computing is lost', async () => {
    await does('sleep', hour)
    watch()
    await eventually('it is lost', () => seen.includes('lost'))
    expect(seen).toEqual(['silent', 'lost'])
  })

  test('a dead one is lost without waiting for responses, and not pinged again', async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
    const asked = watch({ timeoutMs: hour })
    await eventually('it is lost', () => seen.includes('lost'))
    expect(asked.count).toBe(usual.idleMissesUntilLost)
  })
})

const kinds = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]

describe.each(kinds)('%s', (isolation) => {
  let engine: EngineFixture | null = null
  afterEach(async () => {
    await engine?.stop()
    engine = null
  })
  const start = async () => {
    engine = await startEngine({ isolation })
    return engine
  }
  const read = async (on: EngineFixture, id: string) => (await on.api('GET', `/sandbox/${id}`)).json<SandboxDto>()
  const run = async (on: EngineFixture, id: string, command: string) =>
    (await on.toolbox(id, 'POST', '/process/execute', { command })).json<ExecuteResponse>().result

  test('a toolbox that is stopped from the host is resumed, its work is not lost, and that is reported', async () => {
    const on = await start()
    const { id } = await on.createSandbox()
    const toolbox = toolboxOf(id)
    process.kill(toolbox, 'SIGSTOP')
    const asked = run(on, id, 'echo answered')
    await eventually('it is resumed', async () => (await read(on, id)).toolboxNotice?.kind === 'resumed')
    expect(await asked).toBe('answered\n')
    expect(toolboxOf(id)).toBe(toolbox)
    const { state, toolboxNotice, lastStop } = await read(on, id)
    expect({ state, kind: toolboxNotice?.kind, lastStop }).toEqual({
      state: 'started',
      kind: 'resumed',
      lastStop: undefined,
    })
    expect(toolboxNotice?.message).toContain('stopped by a signal')
  })

  test('the same after the engine was killed: one stopped before the next engine starts, and one after', async () => {
    const on = await start()
    const { id } = await on.createSandbox()
    const toolbox = toolboxOf(id)
    await on.kill9()
    process.kill(toolbox, 'SIGSTOP')
    await on.restart()
    expect(await run(on, id, 'echo adopted')).toBe('adopted\n')
    expect(toolboxOf(id)).toBe(toolbox)
    process.kill(toolbox, 'SIGSTOP')
    expect(await run(on, id, 'echo again')).toBe('again\n')
    expect(toolboxOf(id)).toBe(toolbox)
    expect((await read(on, id)).toolboxNotice?.kind).toBe('resumed')
  })

  // Only root may trace any process like a debugger.
  test.runIf(process.getuid?.() === 0)(
    'a toolbox that stays silent is replaced: requests are answered meanwhile, and clients are notified',
    async () => {
      const on = await start()
      const { id, name } = await on.createSandbox()
      const toolbox = toolboxOf(id)
      const waiting = on.toolbox(id, 'POST', '/process/execute', { command: 'sleep 990' })
      await eventually('the command runs', () => processesOf(id, 'sleep 990').length > 0)
      const events: unknown[] = []
      const socket = on.webSocket('/api/events')
      socket.on('message', (data: Buffer) => events.push(JSON.parse(data.toString())))
      await once(socket, 'open')
      const holder = await hold(toolbox)
      try {
        await eventually(
          'it is reported as silent',
          async () => (await read(on, id)).toolboxNotice?.kind === 'silent',
          40_000,
        )
        const refused = await on.toolbox(id, 'GET', '/process/session')
        expect(refused.status).toBe(503)
        expect(refused.json<{ message: string }>().message).toContain(
          `the toolbox of the sandbox ${name} does not respond`,
        )
        await eventually('it has exited', () => readProcess(toolbox) === undefined, 40_000)
      } finally {
        holder.kill('SIGKILL')
      }
      const lost = await waiting
      expect(lost.status).toBe(502)
      await eventually('the sandbox responds again', async () => (await run(on, id, 'echo back')) === 'back\n')
      const { state, lastStop, toolboxNotice } = await read(on, id)
      expect(state).toBe('started')
      expect(lastStop?.reason).toBe('toolbox-silent')
      expect(lastStop?.message).toMatch(/^The toolbox did not respond for \d+ s and was restarted\.$/)
      expect(toolboxNotice).toMatchObject({ kind: 'restarted', message: lastStop?.message })
      expect(processesOf(id, 'sleep 990')).toEqual([])
      expect(events).toContainEqual(
        expect.objectContaining({
          type: 'sandbox',
          sandbox: expect.objectContaining({ toolboxNotice: expect.objectContaining({ kind: 'restarted' }) }),
        }),
      )
      socket.close()
      await on.api('POST', `/sandbox/${id}/stop`)
      await on.api('POST', `/sandbox/${id}/start`)
      expect((await read(on, id)).toolboxNotice).toBeUndefined()
    },
    120_000,
  )

  test('a toolbox that is killed is restarted, and that is reported', async () => {
    const on = await start()
    const { id } = await on.createSandbox()
    process.kill(toolboxOf(id), 'SIGKILL')
    await eventually('the sandbox responds again', async () => (await run(on, id, 'echo back')) === 'back\n')
    const { lastStop, toolboxNotice } = await read(on, id)
    expect(lastStop?.reason).toBe('toolbox-died')
    expect(toolboxNotice).toMatchObject({ kind: 'restarted', message: lastStop?.message })
  })

  test.runIf(isolation === 'bubblewrap')(
    'from inside, signals to the toolbox or to everything break nothing for clients',
    async () => {
      const on = await start()
      const attacks = ['kill -STOP 2', 'kill -STOP -1', 'kill -KILL 2', 'kill -KILL -1']
      const played = attacks.map(async (command) => {
        const { id } = await on.createSandbox()
        // The result of the attacker's own request does not matter, but it must end.
        await on.toolbox(id, 'POST', '/process/execute', { command })
        await eventually('the sandbox responds', async () => (await run(on, id, 'echo here')) === 'here\n')
        return command
      })
      expect(await Promise.all(played)).toEqual(attacks)
    },
    // Four sandboxes at once, some of which may have to be restarted.
    180_000,
  )
})

/** Trace a process like a debugger, until the returned process exits. */
async function hold(pid: number): Promise<ChildProcess> {
  const program = path.join(import.meta.dirname, 'programs', 'hold-process.py')
  const holder = spawn('python3', [program, String(pid)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [text] = await once(holder.stdout, 'data')
  expect(String(text)).toMatch(/^held/)
  return holder
}
