/** What survives when the engine, a toolbox or both are killed. */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Capabilities, RunDetail } from '@/lib/process-api/extensions'
import { decodeJournalFrame } from '@/lib/process-api/journal-frame'
import type { ExecuteResponse, SessionDetail } from '@/lib/process-api/process'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { findProgram } from '@/lib/settings/programs'
import { readProcess } from '../linux/process-table'
import { type EngineFixture, startEngine } from './engine-fixture'
import { processesOf, toolboxOf } from './host-processes'
import { outsideAddress } from './isolation-fixture'
import { eventually } from './toolbox-fixture'

let engine: EngineFixture | null = null
afterEach(async () => {
  await engine?.stop()
  engine = null
})

const kinds = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]

describe.each(kinds)('%s', (isolation) => {
  const start = async (env: Record<string, string> = {}) => {
    engine = await startEngine({ isolation, env })
    return engine
  }
  const run = async (on: EngineFixture, id: string, command: string) =>
    (await on.toolbox(id, 'POST', '/process/execute', { command })).json<ExecuteResponse>().result
  /** The request during which the toolbox dies may fail with 502; later ones wait for the new toolbox. */
  const isBack = (on: EngineFixture, id: string) =>
    eventually('the sandbox responds again', async () => (await run(on, id, 'echo back')) === 'back\n')
  const startRun = async (on: EngineFixture, id: string, command: string) =>
    (await on.toolbox(id, 'POST', '/process/run', { kind: 'command', command })).json<RunDetail>().id
  const readRun = async (on: EngineFixture, id: string, runId: string) =>
    (await on.toolbox(id, 'GET', `/process/run/${runId}`)).json<RunDetail>()
  const instanceOf = async (on: EngineFixture, id: string) =>
    (await on.toolbox(id, 'GET', '/capabilities')).json<Capabilities>().instanceId

  test('a killed engine loses nothing: sandboxes, sessions and commands continue under the next one', async () => {
    const on = await start()
    const sandbox = await on.createSandbox({ name: 'survivor', labels: { a: 'b' } })
    const { id } = sandbox
    await on.toolbox(id, 'POST', '/process/session', { sessionId: 's' })
    await on.toolbox(id, 'POST', '/process/session/s/exec', { command: 'cd /tmp && export KEPT=yes' })
    const runId = await startRun(on, id, 'i=0; while [ $i -lt 400 ]; do echo line $i; i=$((i+1)); sleep 0.01; done')
    const follow = on.webSocket(`/toolbox/${id}/process/run/${runId}/journal/follow?from=0`)
    const chunks: Buffer[] = []
    follow.on('message', (data: Buffer, isBinary) => {
      if (isBinary) chunks.push(Buffer.from(decodeJournalFrame(data).data))
    })
    await eventually('some lines have arrived', () => Buffer.concat(chunks).length > 300)
    const [toolbox, instance] = [toolboxOf(id), await instanceOf(on, id)]
    const broken = once(follow, 'close')
    await on.kill9()
    await broken
    await on.restart()

    expect(toolboxOf(id)).toBe(toolbox)
    expect(await instanceOf(on, id)).toBe(instance)
    expect((await on.api('GET', '/sandbox/survivor')).json<SandboxDto>()).toMatchObject({
      id,
      state: 'started',
      labels: { a: 'b' },
    })
    const seen = Buffer.concat(chunks)
    const again = on.webSocket(`/toolbox/${id}/process/run/${runId}/journal/follow?from=${seen.length}`)
    const rest: Buffer[] = []
    await new Promise<void>((resolve) => {
      again.on('message', (data: Buffer, isBinary) => {
        if (isBinary) rest.push(Buffer.from(decodeJournalFrame(data).data))
        else if (JSON.parse(data.toString()).type === 'end') resolve()
      })
    })
    again.close()
    const expected = Array.from({ length: 400 }, (_, line) => `line ${line}\n`).join('')
    expect(Buffer.concat([seen, ...rest]).toString()).toBe(expected)
    expect((await readRun(on, id, runId)).state).toBe('succeeded')
    const state = await on.toolbox(id, 'POST', '/process/session/s/exec', { command: 'echo $PWD $KEPT' })
    expect(state.json<{ stdout: string }>().stdout).toBe('/tmp yes\n')
    expect(await run(on, id, 'echo new work')).toBe('new work\n')
  })

  test('an adopted sandbox stops, starts and ends like any other', async () => {
    const on = await start()
    const { id } = await on.createSandbox()
    await run(on, id, 'setsid sleep 998 & echo kept > ~/file')
    await on.kill9()
    await on.restart()
    expect((await on.api('POST', `/sandbox/${id}/stop`)).json<SandboxDto>().state).toBe('stopped')
    expect(processesOf(id)).toEqual([])
    await on.api('POST', `/sandbox/${id}/start`)
    expect(await run(on, id, 'cat ~/file')).toBe('kept\n')
    await on.kill9()
    await on.restart()
    expect(await on.terminate()).toBe(0)
    expect(processesOf(id)).toEqual([])
  })

  test('a killed toolbox is restarted; running commands are lost, finished ones stay, other sandboxes are unaffected', async () => {
    const on = await start()
    const [{ id }, other] = await Promise.all([on.createSandbox(), on.createSandbox()])
    const ended = await startRun(on, id, 'echo before; exit 3')
    const running = await startRun(on, id, 'echo started; sleep 997')
    const elsewhere = await startRun(on, other.id, 'sleep 997')
    await eventually('the first run ended', async () => (await readRun(on, id, ended)).state === 'failed')
    await eventually('the second run printed', async () => (await readRun(on, id, running)).output.bytes > 0)
    const instance = await instanceOf(on, id)
    process.kill(toolboxOf(id), 'SIGKILL')
    await isBack(on, id)
    expect(await instanceOf(on, id)).not.toBe(instance)
    expect(await readRun(on, id, running)).toMatchObject({ state: 'lost', exitCode: null, reason: 'toolbox-lost' })
    expect(await readRun(on, id, ended)).toMatchObject({ state: 'failed', exitCode: 3 })
    const journal = (runId: string) => on.toolbox(id, 'GET', `/process/run/${runId}/journal/download`)
    expect([(await journal(ended)).text, (await journal(running)).text]).toEqual(['before\n', 'started\n'])
    expect(processesOf(id, 'sleep 997')).toEqual([])
    expect((await readRun(on, other.id, elsewhere)).state).toBe('running')
    expect((await on.api('GET', `/sandbox/${id}`)).json<SandboxDto>().state).toBe('started')
  })

  test('the toolbox of an adopted sandbox is restarted as well', async () => {
    const on = await start()
    const { id } = await on.createSandbox()
    await run(on, id, 'setsid sleep 996 &')
    await on.kill9()
    await on.restart()
    const killed = toolboxOf(id)
    process.kill(killed, 'SIGKILL')
    await eventually('it has exited', () => readProcess(killed) === undefined)
    await isBack(on, id)
    expect(await run(on, id, 'pgrep -f "sleep 99[6]" | wc -l')).toBe('0\n')
  })

  test('killing everything from inside restarts the sandbox and affects no other', async () => {
    const on = await start()
    const [{ id }, other] = await Promise.all([on.createSandbox(), on.createSandbox()])
    if (isolation === 'bubblewrap') await on.toolbox(id, 'POST', '/process/execute', { command: 'kill -9 -1' })
    else process.kill(toolboxOf(id), 'SIGKILL')
    await isBack(on, id)
    expect(await run(on, other.id, 'echo untouched')).toBe('untouched\n')
  })

  test('engine and toolbox killed together: the sandbox is restarted, and its session commands are lost', async () => {
    const on = await start()
    const { id } = await on.createSandbox()
    await on.toolbox(id, 'POST', '/process/session', { sessionId: 's' })
    await on.toolbox(id, 'POST', '/process/session/s/exec', { command: 'sleep 995', runAsync: true })
    const toolbox = toolboxOf(id)
    await on.kill9()
    process.kill(toolbox, 'SIGKILL')
    await eventually('it has exited', () => readProcess(toolbox) === undefined)
    await on.restart()
    const session = (await on.toolbox(id, 'GET', '/process/session/s')).json<SessionDetail>()
    expect(session.commands[0]).toMatchObject({ state: 'lost', reason: 'toolbox-lost' })
    expect(session.commands[0]).not.toHaveProperty('exitCode', 0)
    expect(processesOf(id, 'sleep 995')).toEqual([])
  })

  test('a deletion or stop that the engine did not finish is finished by the next one', async () => {
    const on = await start()
    const [doomed, resting] = await Promise.all([on.createSandbox(), on.createSandbox()])
    await on.kill9()
    for (const [{ id }, desired] of [
      [doomed, 'destroyed'],
      [resting, 'stopped'],
    ] as const) {
      const file = path.join(on.dataDir, 'sandboxes', id, 'sandbox.json')
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), desired }))
    }
    await on.restart()
    expect((await on.api('GET', `/sandbox/${doomed.id}`)).status).toBe(404)
    expect((await on.api('GET', `/sandbox/${resting.id}`)).json<SandboxDto>().state).toBe('stopped')
    expect([...processesOf(doomed.id), ...processesOf(resting.id)]).toEqual([])
  })
})

test.runIf(findProgram('bwrap') && findProgram('slirp4netns'))(
  'the network of an adopted sandbox keeps working',
  async () => {
    const address = outsideAddress()
    const outside = createServer((socket) => socket.on('error', () => socket.destroy()).end('still here\n'))
    outside.listen(0, '0.0.0.0')
    await once(outside, 'listening')
    const { port } = outside.address() as AddressInfo
    try {
      engine = await startEngine({ isolation: 'bubblewrap' })
      const { id, isolation } = await engine.createSandbox({ networkPolicy: 'all' })
      await engine.kill9()
      await engine.restart()
      expect((await engine.api('GET', `/sandbox/${id}`)).json<SandboxDto>().isolation).toEqual(isolation)
      const command = `exec 3<>/dev/tcp/${address}/${port} && cat <&3`
      const { result } = (await engine.toolbox(id, 'POST', '/process/execute', { command })).json<ExecuteResponse>()
      if (address !== null) expect(result).toBe('still here\n')
    } finally {
      outside.close()
    }
  },
)
