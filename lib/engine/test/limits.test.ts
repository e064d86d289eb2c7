/** What a sandbox may use is really held, and why something died is told. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunSummary } from '@/lib/process-api/extensions'
import type { ExecuteResponse } from '@/lib/process-api/process'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { type EngineFixture, startEngine } from './engine-fixture'

describe('limits', () => {
  let engine: EngineFixture
  beforeAll(async () => {
    engine = await startEngine({ env: { SANDGLASS_PROCESS_LIMIT: '200' } })
  })
  afterAll(async () => {
    await engine.stop()
  })

  const execute = async (id: string, command: string, more: object = {}) =>
    (await engine.toolbox(id, 'POST', '/process/execute', { command, ...more })).json<ExecuteResponse>()
  const lastRun = async (id: string) =>
    (await engine.toolbox(id, 'GET', '/process/run')).json<{ items: RunSummary[] }>()

  test('the memory limit ends the program that uses too much and nothing else', async () => {
    const { id, isolation } = await engine.createSandbox({ memory: 1 })
    console.log(isolation)
    console.log(
      await execute(
        id,
        'cat /proc/self/cgroup; ls /sys/fs/cgroup/*; cat /sys/fs/cgroup/memory/memory.limit_in_bytes; cat /proc/self/oom_score_adj; node -p "process.constrainedMemory()"',
      ),
    )
    console.log(await execute(id, `python3 -c "b=bytearray(2<<30)"`))
    console.log(await lastRun(id))
    console.log((await engine.api('DELETE', `/sandbox/${id}`)).json<SandboxDto>().state)
    expect(1).toBe(1)
  })
})
