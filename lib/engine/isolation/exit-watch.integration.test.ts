import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { firstExit } from './exit-watch'
import { type HostProcess, identify } from './host-process'

function sleeper(): { process: HostProcess; kill(): void } {
  const child = spawn('sleep', ['98701'], { stdio: 'ignore' })
  const process = identify(child.pid ?? 0)
  if (!process) throw new Error('sleep did not start')
  return { process, kill: () => void child.kill('SIGKILL') }
}

const descriptors = () => readdirSync('/proc/self/fd').length

test('the first exit of each group is noticed, and nothing stays open', async () => {
  const before = descriptors()
  const [a, b, c] = [sleeper(), sleeper(), sleeper()]
  const ended: string[] = []
  const first = firstExit([a.process, b.process]).then(() => ended.push('first'))
  const second = firstExit([c.process]).then(() => ended.push('second'))
  b.kill()
  await first
  expect(ended).toEqual(['first'])
  c.kill()
  await second
  a.kill()
  expect(descriptors()).toBe(before)
})

test('a process that has exited already, a reused pid and a zombie count as exited', async () => {
  const { process: running, kill } = sleeper()
  await firstExit([{ ...running, startTicks: running.startTicks - 1 }])
  // The shell becomes `sleep`, which never reaps the child that the shell started.
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 98702'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = await once(parent.stdout, 'data')
  const zombie = identify(Number(line))
  if (!zombie) throw new Error('the child has exited too early')
  await firstExit([running, zombie])
  kill()
  parent.kill('SIGKILL')
  await firstExit([running])
})
