import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSupervisor } from '../supervisor.mjs'

let folder: string
let supervisor: ReturnType<typeof createSupervisor>
let gaveUp: string[]

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-supervisor-'))
  gaveUp = []
  supervisor = createSupervisor((problem: Error) => gaveUp.push(problem.message))
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})

afterEach(async () => {
  await supervisor.stop()
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

/** A program that notes each of its starts, then runs `body`. */
function program(body: string) {
  const file = path.join(folder, 'program.mjs')
  const starts = path.join(folder, 'starts')
  writeFileSync(
    file,
    `import { appendFileSync } from 'node:fs'\nappendFileSync(${JSON.stringify(starts)}, 's')\n${body}`,
  )
  const count = () => (existsSync(starts) ? readFileSync(starts, 'utf8').length : 0)
  return { definition: { name: 'it', args: [file], env: {} }, starts: count }
}

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it('starts a program again that was killed', async () => {
  const { definition, starts } = program('setInterval(() => {}, 1000)')
  supervisor.start(definition)
  await vi.waitFor(() => expect(starts()).toBe(1))
  supervisor.markReady('it')
  process.kill(supervisor.pid('it') ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(starts()).toBe(2), 5_000)
  expect(gaveUp).toEqual([])
})

it('gives up on a program that never comes up, and says so once', async () => {
  const { definition, starts } = program('process.exit(3)')
  supervisor.start(definition)
  await vi.waitFor(
    () => expect(gaveUp).toEqual(['It does not start (exit code 3); see the lines above for the reason.']),
    5_000,
  )
  expect(starts()).toBe(3)
})

it('asks a program to end, and does not start it again', async () => {
  const { definition, starts } = program("process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)")
  supervisor.start(definition)
  await vi.waitFor(() => expect(starts()).toBe(1))
  const pid = supervisor.pid('it') ?? 0
  const begun = performance.now()
  await supervisor.stop()
  expect(performance.now() - begun).toBeLessThan(2_000)
  expect(alive(pid)).toBe(false)
  expect(starts()).toBe(1)
})

it('kills a program that does not want to end, within five seconds', async () => {
  const ready = path.join(folder, 'ready')
  const { definition } = program(
    `process.on('SIGTERM', () => {})\nappendFileSync(${JSON.stringify(ready)}, '')\nsetInterval(() => {}, 1000)`,
  )
  supervisor.start(definition)
  await vi.waitFor(() => expect(existsSync(ready)).toBe(true), 5_000)
  const begun = performance.now()
  await supervisor.stop()
  expect(performance.now() - begun).toBeLessThan(5_000)
}, 10_000)
