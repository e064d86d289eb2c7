/** The engine as an ordinary user of the host, when the tests run as root; otherwise every other test covers that. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExecuteResponse } from '@/lib/process-api/process'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { findProgram } from '@/lib/settings/programs'
import { type EngineFixture, startEngine, ordinaryUser as user } from './engine-fixture'
import { eventually } from './toolbox-fixture'

const isRoot = process.getuid?.() === 0
describe.runIf(isRoot)('the engine of an ordinary user', () => {
  let engine: EngineFixture
  const bwrap = findProgram('bwrap')
  /** Some distributions let only root create namespaces; the engine must then say so and run without. */
  const mayIsolate =
    bwrap !== null &&
    spawnSync(bwrap, ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', '--proc', '/proc', 'true'], user)
      .status === 0

  beforeAll(async () => {
    engine = await startEngine({ user })
  })
  afterAll(() => engine.stop())

  test('isolates, or gives the reason why it cannot', async () => {
    const { isolation, id } = await engine.createSandbox()
    expect(isolation?.kind).toBe(mayIsolate ? 'bubblewrap' : 'none')
    if (isolation?.network !== 'private') expect(isolation?.warnings.join(' ')).toMatch(/network/)
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('its sandboxes have the user daytona, python, node and a home that the user owns', async () => {
    const { id } = await engine.createSandbox()
    const run = async (command: string) =>
      (await engine.toolbox(id, 'POST', '/process/execute', { command })).json<ExecuteResponse>().result
    expect(await run('python -c "print(1)"; python3 -c "print(2)"; node -p 3; touch made')).toBe('1\n2\n3\n')
    if (mayIsolate)
      expect(await run('id -un; pwd; cat /proc/1/environ 2>&1 | head -c 60')).toMatch(
        /^daytona\n\/home\/daytona\n.*denied/,
      )
    const home = path.join(engine.dataDir, 'sandboxes', id, 'home')
    expect(statSync(path.join(home, 'made')).uid).toBe(user.uid)
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('descriptors on their way in one sandbox do not keep another from starting', async () => {
    const fill = `
import array, os, socket
end, pairs = os.pipe()[0], []
try:
    while True:
        pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        pairs.append(pair)
        for _ in range(4): pair[0].sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [end] * 250))])
except OSError: print('full', flush=True)
input()
`
    const attacker = await engine.createSandbox()
    const body = { kind: 'code', language: 'python', code: fill, stdin: 'open' }
    const { id } = (await engine.toolbox(attacker.id, 'POST', '/process/run', body)).json<{ id: string }>()
    await eventually('no more can be sent', async () => {
      const journal = await engine.toolbox(attacker.id, 'GET', `/process/run/${id}/journal/download`)
      return journal.text === 'full\n'
    })
    const other = await engine.createSandbox()
    const answer = await engine.toolbox(other.id, 'POST', '/process/execute', { command: 'echo hi' })
    expect([answer.status, answer.text]).toEqual([200, JSON.stringify({ exitCode: 0, result: 'hi\n' })])
    await Promise.all([attacker, other].map((each) => engine.api('DELETE', `/sandbox/${each.id}`)))
  })

  test('a killed engine is replaced by one that continues, and what it ends is gone', async () => {
    const { id } = await engine.createSandbox()
    const run = async (command: string) =>
      (await engine.toolbox(id, 'POST', '/process/execute', { command })).json<ExecuteResponse>().result
    const started = await run('setsid sleep 992 & echo $!')
    await engine.kill9()
    await engine.restart()
    expect((await engine.api('GET', `/sandbox/${id}`)).json<SandboxDto>().state).toBe('started')
    expect(await run(`kill -0 ${started.trim()} && echo runs`)).toBe('runs\n')
    expect((await engine.api('DELETE', `/sandbox/${id}`)).status).toBe(200)
    expect(spawnSync('pgrep', ['-f', '^sleep 992']).status).toBe(1)
  })

  test('forks a sandbox, running or stopped, and switches its network off and on if it has a helper', async () => {
    const { id, isolation } = await engine.createSandbox()
    await engine.toolbox(id, 'POST', '/process/execute', { command: 'echo kept > file' })
    const network = async (networkBlockAll: boolean) =>
      (await engine.api('POST', `/sandbox/${id}/network-settings`, { networkBlockAll })).json<SandboxDto>().isolation
    if (isolation?.network === 'private') {
      expect((await network(true))?.network).toBe('blocked')
      expect(await network(false)).toEqual(isolation)
    }
    const forks: SandboxDto[] = []
    for (const action of ['start', 'stop']) {
      await engine.api('POST', `/sandbox/${id}/${action}`)
      const fork = (await engine.api('POST', `/sandbox/${id}/fork`, {})).json<SandboxDto>()
      const { result } = (
        await engine.toolbox(fork.id, 'POST', '/process/execute', { command: 'cat file' })
      ).json<ExecuteResponse>()
      expect(result).toBe('kept\n')
      forks.push(fork)
    }
    for (const sandbox of [...forks, { id }]) await engine.api('DELETE', `/sandbox/${sandbox.id}`)
  })

  test.runIf(mayIsolate)(
    "no file route and no working directory climbs out of the sandbox through the toolbox's descriptors",
    async () => {
      const { id } = await engine.createSandbox()
      const secret = path.join(engine.dataDir, 'secret-of-the-user')
      writeFileSync(secret, 'do not tell\n', { mode: 0o644 })
      chownSync(secret, user.uid, user.gid)
      // With the host's folders created inside as well, a dangerous path looks harmless.
      await engine.toolbox(id, 'POST', '/process/execute', {
        command: `mkdir -p ${engine.dataDir}/sandboxes/${id}/state; echo decoy > ${secret}`,
      })
      const given: string[] = []
      for (let descriptor = 3; descriptor < 30; descriptor += 1) {
        const folder = `/proc/self/fd/${descriptor}/../../..`
        const found = `${folder}/${path.basename(secret)}`
        await engine.toolbox(id, 'POST', '/process/execute', { command: `ln -sfn ${found} ~/report-${descriptor}.txt` })
        const ask = async (method: string, route: string) => {
          const { status, text } = await engine.toolbox(id, method, route)
          if (status < 300) given.push(`${method} ${route}: ${text}`)
        }
        await ask('GET', `/files/download?path=${encodeURIComponent(found)}`)
        await ask('GET', `/files/download?path=report-${descriptor}.txt`)
        await ask('GET', `/files?path=${encodeURIComponent(folder)}`)
        await ask('GET', `/files/info?path=${encodeURIComponent(found)}`)
        await ask('POST', `/files/folder?path=${encodeURIComponent(`${folder}/made`)}&mode=755`)
        await ask('DELETE', `/files?path=${encodeURIComponent(found)}`)
        for (const target of [folder, `/proc/self/fd/${descriptor}`]) {
          const run = (command: string, cwd: string) =>
            engine.toolbox(id, 'POST', '/process/execute', { command, cwd }).then((it) => it.json<ExecuteResponse>())
          await run(`ln -sfn ${target} ~/folder`, '/home/daytona')
          const { exitCode, result } = await run('pwd; ls', 'folder')
          if (exitCode !== -1) given.push(`started in ${target}: ${result}`)
        }
      }
      expect(given).toEqual([])
      expect(readFileSync(secret, 'utf8')).toBe('do not tell\n')
      expect(() => statSync(path.join(engine.dataDir, 'made'))).toThrow(/ENOENT/)
      await engine.api('DELETE', `/sandbox/${id}`)
    },
  )

  test('resource limits are reported, and stop a program that uses too much memory', async () => {
    const { id, isolation } = await engine.createSandbox({ memory: 1 })
    const limits = isolation?.limits
    const run = async (command: string) =>
      (await engine.toolbox(id, 'POST', '/process/execute', { command })).json<ExecuteResponse>()
    expect((await run('node -p 1; python3 -c "print(2)"')).result).toBe('1\n2\n')
    const { exitCode, result } = await run('python3 -c "b = bytearray(3 << 29); print(len(b))"')
    expect(exitCode).not.toBe(0)
    if (limits?.by === 'rlimits') {
      expect(limits).toMatchObject({ memory: 'process', cpu: 'none', disk: 'none' })
      expect(limits.message).toMatch(/^There are no control groups for sandboxes, because /)
      expect(result).toContain('MemoryError')
      const hard = (await run("awk '/^Max processes/ { print $3 }' /proc/self/limits")).result.trim()
      if (limits.processes !== null) expect(Number(hard)).toBe(limits.processes)
      expect((await engine.api('POST', `/sandbox/${id}/resize`, { memory: 3 })).status).toBe(200)
      expect((await run('python3 -c "b = bytearray(3 << 29); print(len(b))"')).result).toBe(`${3 * 2 ** 29}\n`)
    } else {
      expect(limits).toMatchObject({ by: 'cgroup v2', memory: 'sandbox' })
    }
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('another user cannot read its key', () => {
    const file = path.join(engine.dataDir, 'api-key')
    expect(statSync(file)).toMatchObject({ uid: user.uid })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8').trim()).toBe(engine.apiKey)
  })
})

describe.runIf(isRoot)('root after an ordinary user, on the same data directory', () => {
  test('each can start the sandboxes of the other', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'sandglass-shared-'))
    try {
      const first = await startEngine({ dataDir })
      const { id } = await first.createSandbox()
      await first.toolbox(id, 'POST', '/process/execute', { command: 'mkdir -p a/b && echo kept > a/b/c' })
      await first.api('POST', `/sandbox/${id}/stop`)
      await first.terminate()
      execFileSync('chown', ['-R', '-h', `${user.uid}:${user.gid}`, path.join(dataDir, 'sandboxes', id, 'home')])
      chownSync(dataDir, 0, 0)
      chmodSync(dataDir, 0o700)
      const second = await startEngine({ dataDir })
      try {
        await second.api('POST', `/sandbox/${id}/start`)
        const { result } = (
          await second.toolbox(id, 'POST', '/process/execute', { command: 'echo more >> a/b/c; cat a/b/c' })
        ).json<ExecuteResponse>()
        expect(result).toBe('kept\nmore\n')
      } finally {
        await second.stop()
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})
