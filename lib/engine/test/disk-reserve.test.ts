/** A small disk that fills up: which sandbox is stopped, what is refused, and what is still recorded. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RunPage } from '@/lib/process-api/extensions'
import type { ExecuteResponse } from '@/lib/process-api/process'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { findProgram } from '@/lib/settings/programs'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

const isRoot = process.getuid?.() === 0
const kinds = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]
const mebibyte = 1024 ** 2

/**
 * Hides its data from the engine's measurement: inotify reports which folder was read, and it moves the data from the last
 * folder, before that is read, to the first, which was read already. The folders in between give it time.
 */
const hidingProgram = `
import ctypes, os, struct
libc = ctypes.CDLL(None)
for i in range(8):
    os.mkdir('h%d' % i)
order = [entry.name for entry in os.scandir('.') if entry.name[0] == 'h' and len(entry.name) == 2]
first, last = order[0], order[-1]
for name in order[1:-1]:
    for i in range(2000):
        open(name + '/' + str(i), 'w').close()
os.mkdir(last + '/D')
os.symlink(last + '/D', 'data')
fd = libc.inotify_init()
onDirectoryClosed = 0x10 | 0x01000000
watches = [libc.inotify_add_watch(fd, name.encode(), onDirectoryClosed) for name in (first, last)]
open('ready', 'w').close()
while True:
    events = os.read(fd, 8192)
    while events:
        watch, _, _, length = struct.unpack('iIII', events[:16])
        events = events[16 + length:]
        a, b = (last, first) if watch == watches[0] else (first, last)
        if os.path.isdir(a + '/D'):
            os.rename(a + '/D', b + '/D')
`

/**
 * Holds a deleted file in a process that is looked at after others with tens of thousands of descriptors. The file grows
 * without any write.
 */
const hidingBehindDescriptors = `
import os, resource, signal, time
each = min(19000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 100)
for i in range(60000 // each + 1):
    if os.fork() == 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (each + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        for _ in range(each): os.dup(0)
        open('ready%d' % i, 'w').close()
        signal.pause()
for i in range(60000 // each + 1):
    while not os.path.exists('ready%d' % i): time.sleep(0.01)
if os.fork() == 0:
    if os.fork() == 0:
        file = os.open('big', os.O_CREAT | os.O_RDWR)
        os.unlink('big')
        size = 300 << 20
        while True:
            try: os.posix_fallocate(file, 0, size)
            except OSError: pass
            size += 3 << 20
            time.sleep(0.5)
    signal.pause()
signal.pause()
`

// Only root can mount a small disk; faults that need none are in toolbox-faults.test.ts.
describe.runIf(isRoot).each(kinds)('a disk of 400 MiB with a reserve of 60, %s', (isolation) => {
  let engine: EngineFixture
  let dataDir: string
  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'sandglass-small-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'small', dataDir])
    engine = await startEngine({ isolation, dataDir, env: { SANDGLASS_DISK_RESERVE: '60M' } })
  })
  afterAll(async () => {
    await engine.stop()
    execFileSync('umount', [dataDir])
    rmSync(dataDir, { recursive: true })
  })
  afterEach(async () => {
    rmSync(path.join(dataDir, 'filler'), { force: true })
    const { items } = (await engine.api('GET', '/sandbox')).json<{ items: SandboxDto[] }>()
    await Promise.all(items.map(({ id }) => engine.api('DELETE', `/sandbox/${id}`)))
    await eventually('all sandboxes are deleted', () => readdirSync(path.join(dataDir, 'deleted')).length === 0)
  })

  const execute = (id: string, command: string) => engine.toolbox(id, 'POST', '/process/execute', { command })
  const start = (id: string, command: string) =>
    engine.toolbox(id, 'POST', '/process/run', { kind: 'command', command })
  const get = async (id: string) => (await engine.api('GET', `/sandbox/${id}`)).json<SandboxDto>()
  const stoppedForDisk = (id: string) =>
    eventually('it is stopped', async () => {
      const { state, lastStop } = await get(id)
      return state === 'stopped' ? lastStop : null
    })
  /** Fill the disk from outside all sandboxes. */
  const fill = () => {
    try {
      for (;;) writeFileSync(path.join(dataDir, 'filler'), Buffer.alloc(mebibyte), { flag: 'a' })
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' })
    }
  }

  const greedy: [how: string, command: string][] = [
    ['writes a file', 'head -c 500M /dev/zero > big; sleep 300'],
    [
      'takes all space at once',
      'fallocate -l 500M big; fallocate -l 330M big; fallocate -l 230M big; head -c 500M /dev/zero > more; sleep 300',
    ],
    ['writes a file without a name', 'exec 3> big; rm big; head -c 500M /dev/zero >&3; sleep 300'],
  ]
  // Without isolation a sandbox has no /tmp of its own.
  if (isolation !== 'none') greedy.push(['fills its /tmp', 'head -c 500M /dev/zero > /tmp/tmp.x; sleep 300'])

  test.each(greedy)(
    'a sandbox that %s is stopped with a reason; its neighbour keeps running and recording',
    async (_how, command) => {
      const [filler, neighbour] = [await engine.createSandbox(), await engine.createSandbox()]
      expect((await start(filler.id, command)).status).toBe(201)
      const cause = await stoppedForDisk(filler.id)
      expect(cause).toMatchObject({ reason: 'disk', message: expect.stringContaining('60 MiB') })
      const answer = await execute(neighbour.id, 'echo hi')
      expect([answer.status, answer.json()]).toEqual([200, { exitCode: 0, result: 'hi\n' }])
      expect((await get(neighbour.id)).state).toBe('started')
      // Its runs are known, and it can be started to make room.
      const { runs } = (await engine.toolbox(filler.id, 'GET', '/process/run')).json<RunPage>()
      expect(runs).toHaveLength(1)
      expect((await engine.api('POST', `/sandbox/${filler.id}/start`)).status).toBe(200)
      expect((await execute(filler.id, 'rm -f big more /tmp/tmp.*')).status).toBe(200)
      expect((await get(filler.id)).state).toBe('started')
    },
  )

  test.runIf(findProgram('python3'))(
    'a sandbox that hides a deleted file behind many descriptors is stopped, and its neighbour that writes most is not',
    async () => {
      const [attacker, neighbour] = [await engine.createSandbox(), await engine.createSandbox()]
      await start(neighbour.id, 'yes > /dev/null')
      await start(attacker.id, `python3 -c "${hidingBehindDescriptors}"`)
      const cause = await stoppedForDisk(attacker.id)
      expect(cause).toMatchObject({ reason: 'disk' })
      expect((await get(neighbour.id)).state).toBe('started')
    },
  )

  test.runIf(findProgram('python3'))(
    'a sandbox that hides its files from the measurement is stopped, and its neighbour is not',
    async () => {
      const [attacker, neighbour] = [await engine.createSandbox(), await engine.createSandbox()]
      // The neighbour's growth is enough to be stopped, if no other sandbox appears to grow.
      const written = await start(neighbour.id, 'head -c 4M /dev/zero > log; while sleep 0.2; do echo; done >> log')
      expect(written.status).toBe(201)
      const url = `${engine.toolboxUrl}/${attacker.id}/files/upload?path=hide.py`
      const form = new FormData()
      form.append('file', new Blob([hidingProgram]), 'hide.py')
      const headers = { authorization: `Bearer ${engine.apiKey}` }
      expect((await fetch(url, { method: 'POST', body: form, headers })).status).toBe(200)
      expect((await start(attacker.id, 'python3 hide.py')).status).toBe(201)
      await eventually(
        'it hides',
        async () => (await execute(attacker.id, 'test -e ready')).json<ExecuteResponse>().exitCode === 0,
      )
      const fill = 'for i in $(seq 60); do head -c 8M /dev/zero >> data/f || break; sleep 0.05; done; sleep 300'
      expect((await start(attacker.id, fill)).status).toBe(201)
      expect(await stoppedForDisk(attacker.id)).toMatchObject({ reason: 'disk' })
      const answer = await execute(neighbour.id, 'stat -c %s log | test $(cat) -ge 4194304 && echo hi')
      expect([answer.status, answer.json()]).toEqual([200, { exitCode: 0, result: 'hi\n' }])
      const { state, toolboxNotice } = await get(neighbour.id)
      expect([state, toolboxNotice]).toEqual(['started', undefined])
      const { runs } = (await engine.toolbox(neighbour.id, 'GET', '/process/run')).json<RunPage>()
      expect(runs.map((run) => run.state)).toEqual(expect.arrayContaining(['running']))
    },
  )

  test('below the reserve nothing is created, copied or uploaded, and each error gives the reason', async () => {
    const { id } = await engine.createSandbox()
    fill()
    const form = new FormData()
    form.append('file', new Blob(['x'.repeat(100)]), 'x')
    const upload = await fetch(`${engine.toolboxUrl}/${id}/files/upload?path=up`, {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${engine.apiKey}` },
    })
    const refused = [
      ...(await Promise.all([
        engine.api('POST', '/sandbox', {}),
        engine.api('POST', `/sandbox/${id}/fork`, {}),
        engine.api('POST', `/sandbox/${id}/snapshot`, { name: 'none' }),
      ])),
      { status: upload.status, text: await upload.text() },
    ]
    for (const { status, text } of refused) {
      expect([status, JSON.parse(text)]).toEqual([
        507,
        expect.objectContaining({
          message: expect.stringContaining('SANDGLASS_DISK_RESERVE'),
          availableBytes: 0,
          reserveBytes: 60 * mebibyte,
        }),
      ])
    }
    expect((await get(id)).state).toBe('started')
    expect((await engine.api('GET', '/sandbox')).json<{ items: unknown[] }>().items).toHaveLength(1)
    rmSync(path.join(dataDir, 'filler'))
    await engine.createSandbox()
  })

  test('with a full disk a short output is recorded, and a long one ends with an error', async () => {
    const { id } = await engine.createSandbox()
    fill()
    const short = await execute(id, 'echo hi')
    expect([short.status, short.json()]).toEqual([200, { exitCode: 0, result: 'hi\n' }])
    const long = await execute(id, 'head -c 5000000 /dev/zero | tr "\\0" x')
    expect([long.status, long.json()]).toEqual([
      507,
      expect.objectContaining({ code: 'INSUFFICIENT_STORAGE', truncated: true, droppedBytes: expect.any(Number) }),
    ])
    const { output, droppedBytes } = long.json<{ output: string; droppedBytes: number }>()
    expect([/^x*$/.test(output), output.length + droppedBytes]).toEqual([true, 5_000_000])
    // Every response is complete, or an error.
    for (let i = 0; i < 60; i += 1) {
      const answer = await execute(id, `echo ${i}; head -c 30000 /dev/zero | tr "\\0" y`)
      if (answer.status === 507) continue
      expect([answer.status, answer.json<ExecuteResponse>().result]).toEqual([200, `${i}\n${'y'.repeat(30_000)}`])
    }
    expect((await execute(id, 'echo hi')).text).not.toContain('"result":""')
    rmSync(path.join(dataDir, 'filler'))
    expect((await execute(id, 'echo again')).json()).toEqual({ exitCode: 0, result: 'again\n' })
    expect((await get(id)).state).toBe('started')
  })

  test('a copy that needs more than the space above the reserve is refused in advance', async () => {
    const { id } = await engine.createSandbox()
    const megabytes = 150
    await execute(id, `head -c ${megabytes}M /dev/urandom > large`)
    const answer = await engine.api('POST', `/sandbox/${id}/fork`, {})
    // Twice the size, because the archive and its contents exist together.
    const needed = new RegExp(`^the copy needs about ${2 * megabytes} MiB, but only \\d+ MiB are free`)
    expect([answer.status, answer.json<{ message: string }>().message]).toEqual([507, expect.stringMatching(needed)])
    expect((await get(id)).diskUsage?.homeBytes).toBeGreaterThanOrEqual(megabytes * mebibyte)
    expect((await engine.api('GET', '/sandbox')).json<{ items: unknown[] }>().items).toHaveLength(1)
  })

  test('a copy that reaches the reserve is aborted, and leaves nothing behind', async () => {
    const { id } = await engine.createSandbox()
    await execute(id, 'head -c 100M /dev/urandom > large')
    const before = readdirSync(path.join(dataDir, 'sandboxes'))
    const copying = engine.api('POST', `/sandbox/${id}/snapshot`, { name: 'given-up' })
    // Stop the copy here, so that it cannot finish before the disk is full.
    const tar = await eventually('the copy is running', () => {
      const [children, name] = [
        `/proc/${engine.pid}/task/${engine.pid}/children`,
        (pid: string) => `/proc/${pid}/cmdline`,
      ]
      const found = readFileSync(children, 'utf8').split(' ').filter(Boolean)
      return found.find((pid) => existsSync(name(pid)) && readFileSync(name(pid), 'utf8').startsWith('tar\0-C'))
    })
    process.kill(Number(tar), 'SIGSTOP')
    fill()
    const answer = await copying
    expect(answer.status).toBe(507)
    expect(readdirSync(path.join(dataDir, 'snapshots'))).toEqual([])
    expect(readdirSync(path.join(dataDir, 'sandboxes'))).toEqual(before)
    expect((await get(id)).state).toBe('started')
  })
})
