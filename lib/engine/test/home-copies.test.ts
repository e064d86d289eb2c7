import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ExecuteResponse } from '@/lib/process-api/process'
import type { CopyProgress, SandboxDto } from '@/lib/process-api/sandbox'
import { snapshotPageSchema } from '@/lib/process-api/snapshots'
import { repairHome } from '../isolation/sandbox-folder'
import { type EngineFixture, startEngine, userSetups } from './engine-fixture'
import { eventually } from './toolbox-fixture'

const message = (answer: { text: string }) => JSON.parse(answer.text).message as string

describe.each(userSetups)('$isolation as $as', ({ isolation, user }) => {
  let engine: EngineFixture
  beforeAll(async () => {
    engine = await startEngine({ isolation, ...(user ? { user } : {}) })
  })
  afterAll(() => engine.stop())
  afterEach(async () => {
    const { items } = (await engine.api('GET', '/sandbox')).json<{ items: SandboxDto[] }>()
    await Promise.all(items.map(({ id }) => engine.api('DELETE', `/sandbox/${id}`)))
  })

  const run = async (id: string, command: string) => {
    const answer = await engine.toolbox(id, 'POST', '/process/execute', { command })
    return answer.json<ExecuteResponse>().result
  }
  const get = async (id: string) => (await engine.api('GET', `/sandbox/${id}`)).json<SandboxDto>()
  const fork = async (id: string) => {
    const answer = await engine.api('POST', `/sandbox/${id}/fork`, {})
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
    return answer.json<SandboxDto>()
  }
  const archiveOf = (snapshotId: string) => path.join(engine.dataDir, 'snapshots', snapshotId, 'home.tar')

  test('a sparse file of 50 GB stays sparse in a fork, a snapshot and a sandbox from it', async () => {
    const { id } = await engine.createSandbox()
    const large = 50 * 1024 ** 3
    await run(
      id,
      `truncate -s ${large} hollow; printf end | dd of=hollow bs=1 seek=${large - 3} conv=notrunc; ln hollow twin`,
    )
    const look =
      'stat -c "%s %h" hollow twin; tail -c 3 hollow; test $(du -k hollow | cut -f1) -lt 1000 && echo " sparse"'
    const seen = `${large} 2\n${large} 2\nend sparse\n`
    for (const action of ['start', 'stop']) {
      await engine.api('POST', `/sandbox/${id}/${action}`)
      expect(await run((await fork(id)).id, look)).toBe(seen)
    }
    expect((await engine.api('POST', `/sandbox/${id}/snapshot`, { name: 'hollow' })).status).toBe(200)
    const [snapshot] = snapshotPageSchema.parse((await engine.api('GET', '/snapshots?name=hollow')).json()).items
    expect(statSync(archiveOf(snapshot?.id ?? '')).size).toBeLessThan(1024 ** 2)
    const made = await engine.createSandbox({ snapshot: 'hollow' })
    expect(await run(made.id, look)).toBe(seen)
    expect(await eventually('it is measured', async () => (await get(made.id)).diskUsage)).toMatchObject({
      measuredAt: expect.any(String),
    })
    expect((await get(made.id)).diskUsage?.homeBytes).toBeLessThan(1024 ** 2)
    await engine.api('DELETE', `/snapshots/${snapshot?.id}`)
  })

  test('a home without permissions starts again, and can be forked and saved', async () => {
    const { id } = await engine.createSandbox()
    await run(id, 'echo kept > file; chmod 000 ~')
    const copy = await fork(id)
    expect(await run(copy.id, 'cat file; stat -c %a ~')).toMatch(/^kept\n7\d\d\n$/)
    for (const state of ['stopped', 'started']) {
      await engine.api('POST', `/sandbox/${id}/${state === 'stopped' ? 'stop' : 'start'}`)
      expect((await get(id)).state).toBe(state)
    }
    expect(await run(id, 'cat file; echo more >> file; stat -c %a ~')).toBe('kept\n700\n')
  })

  test('files and folders without permissions are copied unchanged, from a running and a stopped sandbox', async () => {
    const { id } = await engine.createSandbox()
    await run(
      id,
      "printf secret > closed; chmod 000 closed; mkdir -p shut/in && echo deep > shut/in/file; chmod 000 shut/in; chmod 000 shut; printf x > suid; chmod 6755 suid; mkfifo -m 000 pipe; touch -d '1950-01-01' old; touch -d '2400-01-01' young; ln -s /etc/shadow link; mkdir null; : > zero; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")'",
    )
    const look =
      'stat -c "%n %a" closed shut suid pipe; stat -c %y old young | cut -c-10; readlink link; chmod 700 shut; chmod 700 shut/in; chmod 600 closed; cat closed; cat shut/in/file'
    const seen = /^closed 0\nshut 0\nsuid (6755|755)\npipe 0\n1950-01-01\n2400-01-01\n\/etc\/shadow\nsecretdeep\n$/
    expect(await run((await fork(id)).id, look)).toMatch(seen)
    await engine.api('POST', `/sandbox/${id}/stop`)
    const answer = await engine.api('POST', `/sandbox/${id}/snapshot`, { name: 'closed' })
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
    const made = await engine.createSandbox({ snapshot: 'closed' })
    expect(await run(made.id, look)).toMatch(seen)
    await engine.api('DELETE', '/snapshots/closed')
  })

  test('a fork in progress shows its progress; deleting it cancels the copy at once and leaves nothing', async () => {
    const { id } = await engine.createSandbox()
    // Not sparse, and large enough that the copy can be observed.
    await run(id, 'head -c 400M /dev/zero > large')
    const before = readdirSync(path.join(engine.dataDir, 'sandboxes'))
    const socket = engine.webSocket('/api/events')
    const copies: { id: string; copy: CopyProgress }[] = []
    socket.on('message', (data) => {
      const event = JSON.parse(data.toString())
      if (event.type === 'sandbox' && event.sandbox.copy)
        copies.push({ id: event.sandbox.id, copy: event.sandbox.copy })
    })
    await once(socket, 'open')
    const forking = engine.api('POST', `/sandbox/${id}/fork`, { name: `half-${isolation}` })
    const half = await eventually('the copy is running', () =>
      copies.find((it) => it.id !== id && it.copy.copiedBytes > 0),
    )
    expect(half.copy).toMatchObject({ action: 'fork', totalBytes: expect.any(Number) })
    expect(half.copy.totalBytes).toBeGreaterThanOrEqual(400 * 1024 ** 2)
    expect(copies.some((it) => it.id === id && it.copy.action === 'fork')).toBe(true)
    const deletion = await engine.api('DELETE', `/sandbox/${half.id}`)
    expect(deletion.status).toBe(200)
    const refused = await forking
    expect([refused.status, message(refused)]).toEqual([409, expect.stringContaining('is being deleted')])
    expect((await engine.api('GET', `/sandbox/${half.id}`)).status).toBe(404)
    await eventually('its files are removed', () => {
      const kept = readdirSync(path.join(engine.dataDir, 'sandboxes'))
      return kept.length === before.length && readdirSync(path.join(engine.dataDir, 'deleted')).length === 0
    })
    const original = await get(id)
    expect([original.state, original.copy]).toEqual(['started', undefined])
    socket.terminate()
  })

  test('a snapshot in progress is cancelled when it is deleted; a fork meanwhile is refused', async () => {
    const { id } = await engine.createSandbox()
    await run(id, 'head -c 300M /dev/zero > large')
    const first = engine.api('POST', `/sandbox/${id}/snapshot`, { name: 'slow' })
    await eventually('the first copy is running', async () => (await get(id)).state === 'snapshotting')
    // During a copy another one is refused, so nothing queues up behind it.
    const second = await engine.api('POST', `/sandbox/${id}/fork`, {})
    expect([second.status, message(second)]).toEqual([409, 'Sandbox state change in progress'])
    const [made, deleted] = await Promise.all([first, engine.api('DELETE', '/snapshots/slow')])
    expect(deleted.status).toBe(200)
    expect([made.status, message(made)]).toEqual([409, expect.stringContaining('is being deleted')])
    expect(readdirSync(path.join(engine.dataDir, 'snapshots'))).toEqual([])
    expect((await get(id)).state).toBe('started')
  })

  test('a sandbox full of inaccessible and deep folders is deleted completely', async () => {
    const { id } = await engine.createSandbox()
    await run(
      id,
      'python3 -c \'import os\nfor _ in range(2000): os.mkdir("d"); os.chdir("d")\'; mkdir -p a/b/c; touch a/b/c/f; chmod 000 a/b/c; chmod 000 a/b; chmod 000 a; chmod 000 ~',
    )
    expect((await fork(id)).state).toBe('started')
    await engine.api('DELETE', `/sandbox/${id}`)
    await eventually('its files are removed', () => readdirSync(path.join(engine.dataDir, 'deleted')).length === 0)
  })
})

describe('repairing a home', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sandglass-repair-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('adds the permissions that its owner needs and keeps the others', () => {
    const home = path.join(folder, 'home')
    mkdirSync(home)
    for (const [before, after] of [
      [0o000, 0o700],
      [0o055, 0o755],
      [0o2750, 0o2750],
    ] as const) {
      chmodSync(home, before)
      repairHome(home)
      expect(statSync(home).mode & 0o7777).toBe(after)
    }
  })

  test('refuses a link and leaves its target alone', () => {
    const target = path.join(folder, 'target')
    mkdirSync(target, { mode: 0o500 })
    symlinkSync(target, path.join(folder, 'planted'))
    expect(() => repairHome(path.join(folder, 'planted'))).toThrow(/ELOOP|ENOTDIR/)
    expect(statSync(target).mode & 0o777).toBe(0o500)
  })
})
