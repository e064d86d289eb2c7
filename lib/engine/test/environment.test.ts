/** Changes of a sandbox's environment while it runs, and its metrics. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemMetricsSchema } from '@/lib/process-api/metrics'
import type { CodeRunResponse, ExecuteResponse } from '@/lib/process-api/process'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { findProgram } from '@/lib/settings/programs'
import { type EngineFixture, startEngine } from './engine-fixture'
import { visit } from './port-program'
import { eventually } from './toolbox-fixture'

const kinds = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]

describe.each(kinds)('%s', (isolation) => {
  let engine: EngineFixture

  beforeAll(async () => {
    engine = await startEngine({ isolation, warm: 1 })
  })
  afterAll(async () => {
    await engine?.stop()
  })

  const create = async (env: Record<string, string> = {}) => (await engine.createSandbox({ env })).id
  const change = (id: string, body: unknown) => engine.toolbox(id, 'POST', '/env', body)
  const seen = async (id: string, text: string) =>
    (await engine.toolbox(id, 'POST', '/process/execute', { command: `printf %s "${text}"` })).json<ExecuteResponse>()
      .result
  const dto = async (id: string) => (await engine.api('GET', `/sandbox/${id}`)).json<SandboxDto>()

  describe('a change of the environment', () => {
    test('applies to everything started afterwards, and to nothing that already runs', async () => {
      const id = await create({ A: 'old', B: 'kept' })
      await engine.toolbox(id, 'POST', '/process/session', { sessionId: 'before' })
      const inSession = async (session: string) =>
        (await engine.toolbox(id, 'POST', `/process/session/${session}/exec`, { command: 'printf %s "$A-$C"' })).json<{
          stdout: string
        }>().stdout
      expect(await inSession('before')).toBe('old-')
      expect((await change(id, { set: { A: 'new', C: 'x y=z' } })).json()).toEqual({
        message: 'Environment updated successfully',
      })
      expect(await inSession('before')).toBe('old-')
      await engine.toolbox(id, 'POST', '/process/session', { sessionId: 'after' })
      expect(await inSession('after')).toBe('new-x y=z')
      expect(await seen(id, '$A-$B-$C')).toBe('new-kept-x y=z')
      const code = await engine.toolbox(id, 'POST', '/process/code-run', {
        code: 'import os; print(os.environ["C"])',
        language: 'python',
      })
      expect(code.json<CodeRunResponse>().result).toBe('x y=z\n')
      expect(await inPty(id)).toContain('pty sees new-x y=z')
      expect(await inInterpreter(id)).toBe('new-x y=z\n')
      expect((await dto(id)).env).toEqual({ A: 'new', B: 'kept', C: 'x y=z' })
    })

    test('removes variables by name and by the start of their value, including those of all sandboxes', async () => {
      const id = await create({ A: 'ref:1', B: 'ref:2', C: '3' })
      await change(id, { set: { B: 'new' }, unset: ['C', 'LC_ALL', 'NEVER_THERE'], unsetValuePrefix: 'ref:' })
      expect(await seen(id, `\${A-gone} \${B-gone} \${C-gone} \${LC_ALL-gone} $LANG`)).toBe(
        'gone new gone gone C.UTF-8',
      )
      expect((await dto(id)).env).toEqual({ B: 'new' })
      await change(id, { set: { LC_ALL: 'C' }, unset: ['LC_ALL'] })
      expect(await seen(id, '$LC_ALL')).toBe('C')
      await change(id, { unsetValuePrefix: 'C.UTF' })
      expect(await seen(id, `\${LANG-gone} $LC_ALL`)).toBe('gone C')
    })

    test('survives a killed toolbox, a stop and start, and a restarted engine', async () => {
      const id = await create({ A: 'old' })
      await change(id, { set: { A: 'new' }, unset: ['LC_ALL'] })
      const expected = 'new gone'
      const now = async () => await seen(id, `$A \${LC_ALL-gone}`)
      await killToolbox(id)
      await eventually('it is back', async () => (await now().catch(() => null)) === expected)
      await engine.api('POST', `/sandbox/${id}/stop`)
      expect((await change(id, { set: { A: 'no' } })).status).toBe(409)
      await engine.api('POST', `/sandbox/${id}/start`)
      expect(await now()).toBe(expected)
      await engine.kill9()
      await engine.restart()
      expect(await now()).toBe(expected)
    })

    test('is complete when made by many clients concurrently', async () => {
      const id = await create()
      const names = Array.from({ length: 20 }, (_, index) => `V${index}`)
      await Promise.all(names.map((name) => change(id, { set: { [name]: 'x' } })))
      expect(await seen(id, names.map((name) => `$${name}`).join(''))).toBe('x'.repeat(20))
    })

    test('that no process could have is rejected completely', async () => {
      const id = await create({ A: 'old' })
      for (const body of [
        { set: { A: 'new', 'B=C': '1' } },
        { set: { A: 'new', '': '1' } },
        { set: { A: 'a\0b' } },
        { set: { A: 1 } },
        { set: { A: null } },
        { set: [] },
        { unset: ['='] },
        { unset: 'A' },
        { unsetValuePrefix: 1 },
        { set: { A: 'x'.repeat(100 * 1024) } },
        [],
        '{',
        '',
      ]) {
        const refused = await change(id, body)
        expect(refused.status).toBe(400)
        expect(refused.json()).toMatchObject({ statusCode: 400, message: expect.any(String), path: expect.any(String) })
      }
      expect(await seen(id, '$A')).toBe('old')
      expect((await change(id, { set: { A: 'x'.repeat(90 * 1024) } })).status).toBe(200)
      await engine.api('POST', `/sandbox/${id}/stop`)
      expect((await engine.api('POST', `/sandbox/${id}/start`)).json<SandboxDto>().state).toBe('started')
      expect(await seen(id, `\${#A}`)).toBe(String(90 * 1024))
    })

    test('needs a credential, and also works on the host of port 2280', async () => {
      const id = await create()
      const visited = {
        host: `2280-${id}.localhost`,
        path: '/env',
        method: 'POST',
        body: '{"SET":{"A":"1"},"future":1}',
      }
      expect((await visit(engine.port, visited)).status).toBe(401)
      const headers = { authorization: `Bearer ${engine.apiKey}` }
      expect([(await visit(engine.port, { ...visited, headers })).status, await seen(id, '$A')]).toEqual([200, '1'])
    })
  })

  describe('metrics', () => {
    const metrics = async (id: string) =>
      systemMetricsSchema.parse((await engine.toolbox(id, 'GET', '/system/metrics')).json())

    test('have consistent numbers for everything that is known', async () => {
      const id = await create()
      const now = await metrics(id)
      expect(now.cpuCount).toBeGreaterThanOrEqual(1)
      expect(now.memTotal).toBeGreaterThan(now.memUsed ?? 0)
      expect(now.memUsed).toBeGreaterThan(5_000_000)
      expect((now.diskUsed ?? 0) + (now.diskFree ?? 0)).toBeLessThanOrEqual(now.diskTotal ?? 0)
      expect(Math.abs(Date.parse(now.timestamp) / 1000 - now.timestampUnix)).toBeLessThan(1)
      expect(Math.abs(Date.now() / 1000 - now.timestampUnix)).toBeLessThan(60)
    })

    test('reflect the sandbox and nothing else', async () => {
      const [busy, idle] = [await create(), await create()]
      const program = 'x = bytearray(200_000_000)\nwhile True: pass'
      await engine.toolbox(busy, 'POST', '/process/run', { kind: 'code', language: 'python', code: program })
      const loaded = await eventually('its work shows', async () => {
        const now = await metrics(busy)
        return (now.cpuUsedPct ?? 0) > 5 && (now.memUsed ?? 0) > 200_000_000 ? now : null
      })
      expect(loaded.cpuUsedPct).toBeLessThanOrEqual(100)
      expect((await metrics(idle)).memUsed).toBeLessThan(200_000_000)
      await engine.api('POST', `/sandbox/${busy}/stop`)
    })
  })

  async function inPty(id: string): Promise<string> {
    await engine.toolbox(id, 'POST', '/process/pty', { id: 'p' })
    const socket = engine.webSocket(`/toolbox/${id}/process/pty/p/connect`)
    let text = ''
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) text += data.toString()
    })
    await once(socket, 'open')
    socket.send('echo "pty sees $A-$C"\n')
    await eventually('the terminal answers', () => /pty sees [^$"]+-/.test(text))
    socket.terminate()
    await engine.toolbox(id, 'DELETE', '/process/pty/p')
    return text
  }

  async function inInterpreter(id: string): Promise<string> {
    const socket = engine.webSocket(`/toolbox/${id}/process/interpreter/execute`)
    let text = ''
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString())
      if (frame.type === 'stdout') text += frame.text
    })
    await once(socket, 'open')
    socket.send(JSON.stringify({ code: 'import os; print(os.environ["A"] + "-" + os.environ["C"])' }))
    await once(socket, 'close')
    return text
  }

  /** Its own engine notices the end and restarts it. */
  async function killToolbox(id: string): Promise<void> {
    if (isolation === 'bubblewrap') {
      await engine.toolbox(id, 'POST', '/process/execute', { command: 'kill -9 -1' })
      return
    }
    const note = path.join(engine.dataDir, 'sandboxes', id, 'runtime.json')
    process.kill(JSON.parse(readFileSync(note, 'utf8')).main.pid, 'SIGKILL')
  }
})
