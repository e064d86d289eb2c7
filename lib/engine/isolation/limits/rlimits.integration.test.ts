import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { findProgram } from '@/lib/settings/programs'
import { identify } from '../host-process'
import { SandboxRlimits } from './rlimits'

const prlimit = findProgram('prlimit')

describe.runIf(prlimit)('limits of single processes', () => {
  const limitOf = (pid: number, name: string) =>
    new RegExp(`^${name} +(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1]

  test('apply to running and later processes, and can be raised again', async () => {
    const limits = new SandboxRlimits({ prlimit: prlimit ?? '', processLimit: 5000 })
    const child = spawn('sh', ['-c', 'sleep 997 & echo $!; read line; sleep 997 & echo $!; wait'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    })
    try {
      const next = async () => Number(String((await once(child.stdout, 'data'))[0]))
      const early = await next()
      const main = identify(child.pid ?? 0)
      if (!main) throw new Error('the shell exited immediately')
      await limits.apply({ memory: 2, cpu: 1, disk: 1 }, main)
      child.stdin.write('\n')
      const late = await next()
      for (const pid of [main.pid, early, late]) {
        expect([limitOf(pid, 'Max data size'), limitOf(pid, 'Max processes')]).toEqual([String(2 * 1024 ** 3), '5000'])
      }
      await limits.apply({ memory: 3, cpu: 1, disk: 1 }, main)
      for (const pid of [main.pid, early, late]) expect(limitOf(pid, 'Max data size')).toBe(String(3 * 1024 ** 3))
    } finally {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    }
  })

  test('of an exited process do nothing', async () => {
    const child = spawn('true')
    const main = identify(child.pid ?? 0)
    await once(child, 'exit')
    await new SandboxRlimits({ prlimit: prlimit ?? '', processLimit: null }).apply({ memory: 1, cpu: 1, disk: 1 }, main)
  })
})
