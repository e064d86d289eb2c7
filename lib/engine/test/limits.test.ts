/** The limits of a sandbox are enforced, and ends that they caused are explained. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunDetail, RunPage, RunSummary } from '@/lib/process-api/extensions'
import { systemMetricsSchema } from '@/lib/process-api/metrics'
import type { CommandDetail, ExecuteResponse, SessionDetail, SessionExecuteResponse } from '@/lib/process-api/process'
import type { LimitsReport, SandboxDto } from '@/lib/process-api/sandbox'
import type { WarmPoolDto } from '@/lib/process-api/warm-pools'
import { findProgram } from '@/lib/settings/programs'
import { foldersOf, writeCpuLimit } from '../isolation/limits/group-writes'
import { tryControlGroups } from '../isolation/limits/try-control-groups'
import { readRuntimeNote } from '../isolation/runtime-note'
import { sandboxFolder } from '../isolation/sandbox-folder'
import { type ControlGroup, readCpuLimit, readMemory, readMemoryLimit, readProcessLimit } from '../linux/control-group'
import { commandLineOf, ProcessSnapshot, readProcess, sandboxMark } from '../linux/process-table'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

const gibibyte = 1024 ** 3
const processLimit = 200
/** Allocates and writes memory until it is killed. */
const hog = `node -e 'const all = []; for (;;) all.push(Buffer.alloc(1 << 24, 1))'`
const byMemory = /^It was ended by the sandbox's memory limit of 1 GiB: give the sandbox more memory/

const trialFolder = mkdtempSync(path.join(tmpdir(), 'sandglass-groups-'))
const found = await tryControlGroups(trialFolder, processLimit)
const report: LimitsReport | null = typeof found === 'string' ? null : found.report
if (typeof found !== 'string') found.release()
rmSync(trialFolder, { recursive: true, force: true })

const unshare = findProgram('unshare')
const kinds = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]

describe.runIf(report)('a sandbox in control groups', () => {
  describe.each(kinds)('%s', (isolation) => {
    let engine: EngineFixture
    beforeAll(async () => {
      engine = await startEngine({ isolation, env: { SANDGLASS_PROCESS_LIMIT: String(processLimit) } })
    })
    afterAll(async () => {
      await engine.stop()
    })

    const execute = async (id: string, command: string, more: object = {}) =>
      (await engine.toolbox(id, 'POST', '/process/execute', { command, ...more })).json<ExecuteResponse>()
    const lastRun = async (id: string): Promise<RunSummary> => {
      const [run] = (await engine.toolbox(id, 'GET', '/process/run')).json<RunPage>().runs
      if (!run) throw new Error('nothing ran')
      return run
    }
    const startRun = async (id: string, command: string) =>
      (await engine.toolbox(id, 'POST', '/process/run', { kind: 'command', command })).json<RunDetail>().id
    const readRun = async (id: string, runId: string) =>
      (await engine.toolbox(id, 'GET', `/process/run/${runId}`)).json<RunDetail>()
    const groupOf = (id: string): ControlGroup => {
      const group = readRuntimeNote(sandboxFolder(path.join(engine.dataDir, 'sandboxes', id)))?.group
      if (!group) throw new Error(`${id} has no group`)
      return group
    }
    const remove = async (id: string) => {
      const group = groupOf(id)
      expect((await engine.api('DELETE', `/sandbox/${id}`)).status).toBe(200)
      expect(foldersOf(group).filter((folder) => existsSync(folder))).toEqual([])
    }

    test('reports its limits, and they are in force', async () => {
      const sandbox = await engine.createSandbox({ memory: 3, cpu: 1 })
      expect(sandbox.isolation?.limits).toEqual({ ...report, processes: processLimit })
      const group = groupOf(sandbox.id)
      expect([readMemoryLimit(group), readCpuLimit(group), readProcessLimit(group)]).toEqual([
        3 * gibibyte,
        1,
        processLimit,
      ])
      const metrics = systemMetricsSchema.parse((await engine.toolbox(sandbox.id, 'GET', '/system/metrics')).json())
      expect(metrics).toMatchObject({ cpuCount: 1, memTotal: 3 * gibibyte })
      expect(metrics.memUsed).toBeGreaterThan(5_000_000)
      if (isolation === 'bubblewrap') {
        const seen = await execute(sandbox.id, 'node -p "process.constrainedMemory()"; touch /sys/fs/cgroup/x')
        expect(seen.result).toMatch(new RegExp(`^${3 * gibibyte}\\n.*Read-only`))
      }
      await remove(sandbox.id)
    })

    test('when memory runs out, programs are killed before the toolbox', async () => {
      const { id } = await engine.createSandbox()
      const preferenceOf = (pid: number | 'self') => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))
      const look = 'cat /proc/self/oom_score_adj'
      const programs = String(Math.max(500, preferenceOf('self')))
      expect((await execute(id, `${look}; sh -c "${look}"`)).result).toBe(`${programs}\n${programs}\n`)
      await engine.toolbox(id, 'POST', '/process/session', { sessionId: 's' })
      const answer = await engine.toolbox(id, 'POST', '/process/session/s/exec', { command: look, runAsync: false })
      expect(answer.json<SessionExecuteResponse>().output).toContain(programs)
      expect(preferenceOf(toolboxOf(id))).toBe(preferenceOf('self'))
      await remove(id)
    })

    test('the memory limit kills only the program that uses too much, and its end says so', async () => {
      const { id } = await engine.createSandbox({ memory: 1 })
      const other = await startRun(id, 'sleep 993')
      await engine.toolbox(id, 'POST', '/process/session', { sessionId: 's' })
      const inSession = async (command: string) =>
        (
          await engine.toolbox(id, 'POST', '/process/session/s/exec', { command, runAsync: false })
        ).json<SessionExecuteResponse>()

      expect(await execute(id, hog)).toMatchObject({ exitCode: 137 })
      expect(await lastRun(id)).toMatchObject({
        state: 'killed',
        exitCode: 137,
        signal: 'SIGKILL',
        reason: 'memory',
        message: expect.stringMatching(byMemory),
      })

      const { cmdId, exitCode } = await inSession(`cd /tmp; ${hog}`)
      expect(exitCode).toBe(137)
      const command = (await engine.toolbox(id, 'GET', `/process/session/s/command/${cmdId}`)).json<CommandDetail>()
      expect(command).toMatchObject({ exitCode: 137 })
      const session = (await engine.toolbox(id, 'GET', '/process/session/s')).json<SessionDetail>()
      expect(JSON.stringify(session)).toContain('"reason":"memory"')
      expect((await inSession('pwd')).output).toContain('/tmp')

      await execute(id, `${hog} | cat; echo on`)
      expect(await lastRun(id)).toMatchObject({
        state: 'succeeded',
        reason: 'exited',
        message: "While it ran, the sandbox's memory limit of 1 GiB ended 1 process.",
      })
      expect((await readRun(id, other)).state).toBe('running')
      await remove(id)
    })

    test('other causes of an end are reported as far as known', async () => {
      const { id } = await engine.createSandbox()
      await execute(id, 'kill -9 $$')
      expect(await lastRun(id)).toMatchObject({
        reason: 'signalled',
        message: 'It was killed by SIGKILL from an unknown sender. The memory limit was not the cause.',
      })
      const run = await startRun(id, 'exec sleep 994')
      await engine.toolbox(id, 'POST', `/process/run/${run}/signal`, { signal: 'SIGKILL' })
      await eventually('it ended', async () => (await readRun(id, run)).state !== 'running')
      expect(await readRun(id, run)).toMatchObject({
        reason: 'signalled',
        message: 'It was ended by SIGKILL, sent by a user.',
      })
      await remove(id)
    })

    test('a terminal and an interpreter report that the memory limit ended them', async () => {
      const { id } = await engine.createSandbox({ memory: 1 })
      await engine.toolbox(id, 'POST', '/process/pty', { id: 'p' })
      const pty = engine.webSocket(`/toolbox/${id}/process/pty/p/connect?snapshot=1`)
      const messages: Array<{ status?: string; exitReason?: string; message?: string }> = []
      pty.on('message', (data, isBinary) => {
        if (!isBinary) messages.push(JSON.parse(String(data)))
      })
      await once(pty, 'open')
      pty.send(JSON.stringify({ type: 'input', data: `exec ${hog}\n` }))
      const [code, reason] = await once(pty, 'close')
      expect([code, JSON.parse(String(reason))]).toEqual([1011, { exitCode: 137, exitReason: 'SIGKILL' }])
      expect(messages.at(-1)).toMatchObject({
        status: 'exited',
        exitCode: 137,
        message: expect.stringMatching(byMemory),
      })

      const socket = engine.webSocket(`/toolbox/${id}/process/interpreter/execute`)
      const frames: string[] = []
      socket.on('message', (data) => frames.push(String(data)))
      await once(socket, 'open')
      socket.send(JSON.stringify({ code: 'all = []\nwhile True: all.append(bytearray(1 << 24))' }))
      await once(socket, 'close')
      expect(frames.join('\n')).toMatch(/memory limit of 1 GiB: .*the variables of this context are lost/)
      await remove(id)
    })

    test('a fork bomb stops at the process limit, and the sandbox can still be read, cleaned up and deleted', async () => {
      const { id } = await engine.createSandbox()
      const { pids } = groupOf(id)
      const bomb = await startRun(id, 'bomb() { bomb | bomb & }; bomb; sleep 995')
      const count = () => Number(readFileSync(path.join(pids ?? '', 'pids.current'), 'utf8'))
      const failures = () => Number(/max (\d+)/.exec(readFileSync(path.join(pids ?? '', 'pids.events'), 'utf8'))?.[1])
      await eventually('the bomb reaches the limit', () => failures() > 100, 30_000)
      expect(count()).toBeLessThanOrEqual(processLimit)
      expect((await engine.toolbox(id, 'GET', '/files?path=.')).status).toBe(200)
      expect((await engine.toolbox(id, 'POST', `/process/run/${bomb}/stop`)).status).toBeLessThan(300)
      expect(await readRun(id, bomb)).toMatchObject({
        reason: 'stopped',
        message: expect.stringMatching(
          /^While it ran, a process could not be started \d+ times: the sandbox is limited to 200 processes and threads\.$/,
        ),
      })
      expect((await execute(id, 'echo well')).result).toBe('well\n')
      await startRun(id, 'bomb() { bomb | bomb & }; bomb; sleep 995')
      const before = failures()
      await eventually('the second bomb reaches the limit', () => failures() > before + 100, 30_000)
      await remove(id)
    }, 90_000)

    test('the processor limit is enforced', async () => {
      const { id } = await engine.createSandbox({ cpu: 1 })
      const { cpu } = groupOf(id)
      const run = await startRun(id, 'while :; do :; done & while :; do :; done & while :; do :; done')
      expect(readCpuLimit(groupOf(id))).toBe(1)
      // On a busy machine programs do not get a whole core anyway, so this limit may have no visible effect.
      writeCpuLimit(groupOf(id), 0.05)
      const throttled = () =>
        Number(/nr_throttled (\d+)/.exec(readFileSync(path.join(cpu ?? '', 'cpu.stat'), 'utf8'))?.[1])
      await eventually('it was throttled', () => throttled() > 3)
      // The toolbox shares this limit with the three loops and would hardly run.
      writeCpuLimit(groupOf(id), 1)
      await engine.toolbox(id, 'POST', `/process/run/${run}/stop`)
      await remove(id)
    })

    test('a resize takes effect immediately, and one below the current usage is rejected', async () => {
      const { id } = await engine.createSandbox({ memory: 3, cpu: 1 })
      const resize = async (wanted: object) => await engine.api('POST', `/sandbox/${id}/resize`, wanted)
      const run = await startRun(
        id,
        `node -e 'const kept = Buffer.alloc(3 * 2 ** 29, 1); setInterval(() => kept, 1e6)'`,
      )
      await eventually('it has its memory', () => (readMemory(groupOf(id))?.current ?? 0) > 3 * 2 ** 29)
      const refused = await resize({ memory: 1, cpu: 2 })
      expect([refused.status, refused.json<{ message: string }>().message]).toEqual([
        409,
        expect.stringContaining('currently uses more than 1 GiB of memory'),
      ])
      expect((await engine.api('GET', `/sandbox/${id}`)).json<SandboxDto>()).toMatchObject({ memory: 3, cpu: 1 })
      expect([readMemoryLimit(groupOf(id)), readCpuLimit(groupOf(id))]).toEqual([3 * gibibyte, 1])
      expect((await readRun(id, run)).state).toBe('running')

      expect((await resize({ memory: 5, cpu: 2 })).status).toBe(200)
      expect([readMemoryLimit(groupOf(id)), readCpuLimit(groupOf(id))]).toEqual([5 * gibibyte, 2])
      await engine.toolbox(id, 'POST', `/process/run/${run}/stop`)
      expect((await resize({ memory: 1 })).status).toBe(200)
      await execute(id, hog)
      expect(await lastRun(id)).toMatchObject({ reason: 'memory' })
      await remove(id)
    })

    test('a sandbox whose toolbox was killed for its memory says so', async () => {
      const { id } = await engine.createSandbox({ memory: 1 })
      // A program cannot lower its own score below the toolbox's, so the test does the rest from outside.
      const home = path.join(engine.dataDir, 'sandboxes', id, 'home')
      await startRun(id, `echo 0 > /proc/self/oom_score_adj; touch ready; until [ -e go ]; do sleep 0.01; done; ${hog}`)
      await eventually('it waits', () => existsSync(path.join(home, 'ready')))
      writeFileSync(`/proc/${toolboxOf(id)}/oom_score_adj`, '1000')
      writeFileSync(path.join(home, 'go'), '')
      const dto = async () => (await engine.api('GET', `/sandbox/${id}`)).json<SandboxDto>()
      await eventually('it runs again', async () => {
        const now = await dto()
        return now.lastStop !== undefined && now.state === 'started'
      })
      expect((await dto()).lastStop).toMatchObject({
        reason: 'memory',
        message: expect.stringContaining('memory limit of 1 GiB ended the toolbox'),
      })
      await remove(id)
    })
  })

  test('limits outlive a killed engine, and the next one takes them over and removes stale groups', async () => {
    const engine = await startEngine()
    try {
      const [kept, lost] = [await engine.createSandbox({ memory: 1 }), await engine.createSandbox()]
      const groupOf = (id: string) =>
        readRuntimeNote(sandboxFolder(path.join(engine.dataDir, 'sandboxes', id)))?.group ?? null
      const [group, gone] = [groupOf(kept.id), groupOf(lost.id)]
      if (!group || !gone) throw new Error('no groups')
      await engine.kill9()
      expect(readMemoryLimit(group)).toBe(gibibyte)
      process.kill(toolboxOf(lost.id), 'SIGKILL')
      await eventually('its processes have exited', () => processesOf(lost.id).length === 0)
      await engine.restart()
      expect((await engine.api('GET', `/sandbox/${kept.id}`)).json<SandboxDto>()).toMatchObject({
        state: 'started',
        isolation: { limits: kept.isolation?.limits },
      })
      const ask = async (id: string, command: string) =>
        await engine.toolbox(id, 'POST', '/process/execute', { command })
      await ask(kept.id, hog)
      const [run] = (await engine.toolbox(kept.id, 'GET', '/process/run')).json<RunPage>().runs
      expect(run).toMatchObject({ reason: 'memory' })
      expect((await engine.api('POST', `/sandbox/${kept.id}/resize`, { memory: 2 })).status).toBe(200)
      expect(readMemoryLimit(group)).toBe(2 * gibibyte)
      await engine.terminate()
      const base = foldersOf(group).map((folder) => path.dirname(folder))
      expect([...foldersOf(group), ...foldersOf(gone), ...base].filter((folder) => existsSync(folder))).toEqual([])
    } finally {
      await engine.stop()
    }
  })

  test('a warm toolbox is limited once a sandbox claims it', async () => {
    const engine = await startEngine({ warm: 1 })
    try {
      const waiting = async () => {
        const [pool] = (await engine.api('GET', '/warm-pools')).json<WarmPoolDto[]>()
        return pool?.currentSize === 1
      }
      await eventually('one is warm', waiting)
      const { id } = await engine.createSandbox({ memory: 2, cpu: 1 })
      const group = readRuntimeNote(sandboxFolder(path.join(engine.dataDir, 'sandboxes', id)))?.group
      if (!group) throw new Error('no group')
      expect([readMemoryLimit(group), readCpuLimit(group)]).toEqual([2 * gibibyte, 1])
    } finally {
      await engine.stop()
    }
  })
})

test('SANDGLASS_LIMITS=none limits nothing and says so', async () => {
  const engine = await startEngine({ env: { SANDGLASS_LIMITS: 'none' } })
  try {
    const { isolation } = await engine.createSandbox({ memory: 1 })
    expect(isolation?.limits).toEqual({
      by: 'none',
      memory: 'none',
      cpu: 'none',
      processes: null,
      disk: 'none',
      message: 'SANDGLASS_LIMITS is "none".',
    })
  } finally {
    await engine.stop()
  }
})

function processesOf(id: string, part = ''): number[] {
  const snapshot = new ProcessSnapshot()
  return [...snapshot.entries.values()]
    .filter((entry) => snapshot.hasVariable(entry.pid, sandboxMark, id) && commandLineOf(entry).includes(part))
    .map((entry) => entry.pid)
}

/** The toolbox process itself, not its wrappers. */
function toolboxOf(id: string): number {
  const found = processesOf(id, 'toolbox.cjs').find((pid) => !/^(bwrap|sh|unshare)/.test(readProcess(pid)?.name ?? ''))
  if (found === undefined) throw new Error(`no toolbox of ${id} runs`)
  return found
}

describe.runIf(process.getuid?.() === 0 && unshare !== null)(
  'an engine of root that may make no control groups',
  () => {
    test('reports what isolates its sandboxes instead, and they work', async () => {
      const hidden = 'mount -t tmpfs -o ro none /sys/fs/cgroup && exec "$@"'
      const engine = await startEngine({ through: [unshare ?? '', '--mount', '--', 'sh', '-c', hidden, 'sh'] })
      try {
        const { id, isolation } = await engine.createSandbox()
        expect(isolation?.limits).toMatchObject({ by: expect.stringMatching(/^(rlimits|none)$/), cpu: 'none' })
        expect(isolation?.limits?.message).toMatch(/^There are no control groups for sandboxes, because /)
        const answer = await engine.toolbox(id, 'POST', '/process/execute', { command: 'ulimit -d' })
        const { result, exitCode } = answer.json<ExecuteResponse>()
        expect(exitCode).toBe(0)
        expect(result === 'unlimited\n').toBe(isolation?.limits?.by === 'none')
      } finally {
        await engine.stop()
      }
    })
  },
)
