/** Forks and snapshots: copies of a sandbox's files, with real sandboxes of each isolation. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ExecuteResponse } from '@/lib/process-api/process'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { snapshotDtoSchema, snapshotPageSchema } from '@/lib/process-api/snapshots'
import { findProgram } from '@/lib/settings/programs'
import { commandLineOf, ProcessSnapshot, sandboxMark } from '../linux/process-table'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

const kinds = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]

function sleepersOf(sandboxId: string): number {
  const snapshot = new ProcessSnapshot()
  const own = [...snapshot.entries.values()].filter((entry) => snapshot.hasVariable(entry.pid, sandboxMark, sandboxId))
  return own.filter((entry) => commandLineOf(entry).startsWith('sleep 300')).length
}

const message = (answer: { text: string }) => JSON.parse(answer.text).message as string

describe.each(kinds)('%s', (isolation) => {
  let engine: EngineFixture
  beforeAll(async () => {
    engine = await startEngine({ isolation, warm: 1 })
  })
  afterAll(() => engine.stop())
  afterEach(async () => {
    const { items } = (await engine.api('GET', '/sandbox')).json<{ items: SandboxDto[] }>()
    await Promise.all(items.map(({ id }) => engine.api('DELETE', `/sandbox/${id}`)))
  })

  const run = async (id: string, command: string) =>
    (await engine.toolbox(id, 'POST', '/process/execute', { command })).json<ExecuteResponse>().result
  const fork = async (id: string, body: unknown = {}) => {
    const answer = await engine.api('POST', `/sandbox/${id}/fork`, body)
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
    return answer.json<SandboxDto>()
  }
  /** Files with everything that a copy could lose. */
  const fill =
    "mkdir -p deep/er && printf 'a\\0b' > deep/er/bytes && ln -s /etc/passwd link && ln -s nowhere dangling && " +
    "printf '#!/bin/sh\\necho ran' > tool && chmod 751 tool && : > $'\\xff name' && mkfifo pipe && touch -d 2001-01-01 old"
  const look =
    "od -An -c deep/er/bytes | tr -d ' '; readlink link dangling; stat -c %a tool; ./tool; ls | od -An -tx1 | tr -d ' \\n' | grep -o ff206e616d65; test -p pipe && echo pipe; stat -c %y old | cut -c-10"
  const seen = 'a\\0b\n/etc/passwd\nnowhere\n751\nran\nff206e616d65\npipe\n2001-01-01\n'

  test('a fork of a running sandbox has its files, settings and environment, and is independent', async () => {
    const original = await engine.createSandbox({
      name: `original-${isolation}`,
      env: { A: 'b' },
      labels: { team: 'x' },
      cpu: 1,
      autoStopInterval: 7,
      ttlMinutes: 90,
    })
    await run(original.id, `${fill}; echo 'echo from-tmp' > /tmp/stays; (sleep 300 &)`)
    const copy = await fork(original.id, { name: `copy-${isolation}` })
    expect(copy).toMatchObject({
      name: `copy-${isolation}`,
      state: 'started',
      env: { A: 'b' },
      labels: { team: 'x' },
      cpu: 1,
      autoStopInterval: 7,
      autoDestroyAt: (await engine.api('GET', `/sandbox/${original.id}`)).json<SandboxDto>().autoDestroyAt,
    })
    expect(copy.id).not.toBe(original.id)
    expect(await run(copy.id, look)).toBe(seen)
    expect(await run(copy.id, 'echo $A; echo more > new')).toBe('b\n')
    expect([sleepersOf(original.id), sleepersOf(copy.id)]).toEqual([1, 0])
    expect(await run(original.id, 'ls new 2>&1; cat deep/er/bytes | wc -c')).toMatch(/No such file.*\n3\n$/s)
    const related = async (which: string, of: string) => {
      const found = (await engine.api('GET', `/sandbox/${of}/${which}`)).json<SandboxDto | SandboxDto[]>()
      return [found].flat().map(({ id }) => id)
    }
    const grandchild = await fork(copy.id)
    expect(grandchild.name).toBe(grandchild.id)
    expect(await related('forks', original.id)).toEqual([copy.id])
    expect(await related('parent', grandchild.id)).toEqual([copy.id])
    expect(await related('ancestors', grandchild.id)).toEqual([copy.id, original.id])
  })

  test('a stopped sandbox is forked without being started', async () => {
    const original = await engine.createSandbox()
    await run(original.id, fill)
    await engine.api('POST', `/sandbox/${original.id}/stop`)
    const copy = await fork(original.id)
    expect(await run(copy.id, look)).toBe(seen)
    expect((await engine.api('GET', `/sandbox/${original.id}`)).json<SandboxDto>().state).toBe('stopped')
  })

  test('a snapshot creates sandboxes, warm and cold ones, and outlives its sandbox and the engine', async () => {
    const source = await engine.createSandbox({ cpu: 1, memory: 2, disk: 3 })
    await run(source.id, fill)
    const name = `tools/${isolation}:1`
    const made = await engine.api('POST', `/sandbox/${source.id}/snapshot`, { name })
    expect([made.status, made.json<SandboxDto>().id, made.json<SandboxDto>().state]).toEqual([
      200,
      source.id,
      'started',
    ])
    const again = await engine.api('POST', `/sandbox/${source.id}/snapshot`, { name })
    expect([again.status, message(again)]).toEqual([409, `Snapshot with name ${name} already exists`])
    await engine.api('DELETE', `/sandbox/${source.id}`)
    await engine.restart()

    const byName = snapshotDtoSchema.parse((await engine.api('GET', `/snapshots/${encodeURIComponent(name)}`)).json())
    expect(byName).toMatchObject({
      name,
      general: false,
      state: 'active',
      sourceSandboxId: source.id,
      cpu: 1,
      gpu: 0,
      mem: 2,
      disk: 3,
      lastUsedAt: null,
    })
    expect(byName.size).toBeGreaterThan(0)
    expect((await engine.api('GET', `/snapshots/${byName.id}`)).json()).toEqual(byName)
    for (const [snapshot, networkBlockAll] of [
      [name, false],
      // Without isolation network policies cannot be enforced, and requests for one are refused.
      [byName.id, isolation !== 'none'],
    ] as const) {
      const sandbox = await engine.createSandbox({ snapshot, networkBlockAll })
      expect(sandbox).toMatchObject({ snapshot: name, state: 'started', cpu: 1, memory: 2, disk: 3 })
      expect(await run(sandbox.id, look)).toBe(seen)
    }
    const page = async (query: string) =>
      snapshotPageSchema.parse((await engine.api('GET', `/snapshots?${query}`)).json())
    const all = await page('page=1&limit=1&sort=createdAt&order=desc')
    expect([all.items[0]?.name, all.total, all.page, all.totalPages]).toEqual([name, 2, 1, 2])
    expect((await page('page=2&limit=1&sort=createdAt&order=desc')).items[0]?.name).toBe('default')
    expect((await page(`sourceSandboxId=${source.id}`)).items.map((it) => it.name)).toEqual([name])
    expect((await page('name=TOOLS')).total).toBe(1)
    const used = snapshotDtoSchema.parse((await engine.api('GET', `/snapshots/${byName.id}`)).json())
    expect((used.lastUsedAt ?? '') > used.createdAt).toBe(true)
    const deleted = await engine.api('DELETE', `/snapshots/${byName.id}`)
    expect([deleted.status, deleted.text]).toEqual([200, ''])
    expect((await engine.api('GET', `/snapshots/${byName.id}`)).status).toBe(404)
    expect(readdirSync(path.join(engine.dataDir, 'snapshots'))).toEqual([])
  })

  test('during a copy the sandbox reports it, keeps running, and refuses other changes; its deletion cancels the copy', async () => {
    const { id } = await engine.createSandbox()
    // Large enough to observe the copy.
    await run(id, 'head -c 500M /dev/zero > large')
    const socket = engine.webSocket('/api/events')
    const states: string[] = []
    socket.on('message', (data) => {
      const event = JSON.parse(data.toString())
      if (event.type === 'sandbox' && event.sandbox.id === id) states.push(event.sandbox.state)
    })
    await once(socket, 'open')
    const copying = engine.api('POST', `/sandbox/${id}/snapshot`, { name: 'never' })
    await eventually('the copy is running', () => states.includes('snapshotting'))
    const [stopped, ran] = await Promise.all([engine.api('POST', `/sandbox/${id}/stop`), run(id, 'echo still here')])
    expect([stopped.status, message(stopped)]).toEqual([409, 'Sandbox state change in progress'])
    expect(ran).toBe('still here\n')
    const [copy, deletion] = await Promise.all([copying, engine.api('DELETE', `/sandbox/${id}`)])
    expect(deletion.status).toBe(200)
    expect([copy.status, message(copy)]).toEqual([409, expect.stringContaining('is being deleted')])
    expect(readdirSync(path.join(engine.dataDir, 'snapshots'))).toEqual([])
    socket.terminate()
  })
})

test.runIf(process.getuid?.() === 0)('a full disk is reported as such, and nothing incomplete is left', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'sandglass-full-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'full', dataDir])
  const engine = await startEngine({ isolation: 'none', dataDir })
  try {
    const { id } = await engine.createSandbox()
    await engine.toolbox(id, 'POST', '/process/execute', { command: 'head -c 120M /dev/zero > large' })
    for (const action of ['start', 'stop']) {
      await engine.api('POST', `/sandbox/${id}/${action}`)
      const answer = await engine.api('POST', `/sandbox/${id}/snapshot`, { name: 'too-large' })
      expect([answer.status, message(answer)]).toEqual([507, expect.stringContaining('SANDGLASS_DISK_RESERVE')])
      expect((await engine.api('POST', `/sandbox/${id}/fork`, {})).status).toBe(507)
    }
    expect(readdirSync(path.join(dataDir, 'snapshots'))).toEqual([])
    expect((await engine.api('GET', '/sandbox')).json<{ items: SandboxDto[] }>().items.map((it) => it.id)).toEqual([id])
  } finally {
    await engine.stop()
    execFileSync('umount', [dataDir])
    rmSync(dataDir, { recursive: true })
  }
})

test('an incomplete copy of a killed engine is neither a sandbox nor a snapshot of the next one', async () => {
  const engine = await startEngine({ isolation: 'none' })
  try {
    const { id } = await engine.createSandbox()
    const whole = (await engine.api('POST', `/sandbox/${id}/fork`, { name: 'whole' })).json<SandboxDto>()
    await engine.kill9()
    const half = path.join(engine.dataDir, 'sandboxes', whole.id, 'seed.tar.part')
    writeFileSync(half, 'half')
    const snapshot = path.join(engine.dataDir, 'snapshots', id)
    mkdirSync(snapshot)
    writeFileSync(path.join(snapshot, 'home.tar'), 'half')
    await engine.restart()
    expect((await engine.api('GET', `/sandbox/${whole.id}`)).status).toBe(404)
    expect((await engine.api('GET', `/sandbox/${id}`)).status).toBe(200)
    expect(existsSync(snapshot)).toBe(false)
    expect((await engine.api('GET', '/snapshots')).json<{ total: number }>().total).toBe(1)
  } finally {
    await engine.stop()
  }
})
