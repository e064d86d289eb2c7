import { readdirSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { ExecuteResponse } from '@/lib/process-api/process'
import { commandLineOf, ProcessSnapshot, readProcess, sandboxMark } from '../linux/process-table'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

let engine: EngineFixture | null = null
afterEach(async () => {
  await engine?.stop()
  engine = null
})

/** Folders of sandboxes and of warm toolboxes. */
const folders = (on: EngineFixture) => readdirSync(path.join(on.dataDir, 'sandboxes'))
const warmFolders = (on: EngineFixture, known: string[]) =>
  folders(on).filter((id) => !known.includes(id) && isListening(on, id))
const isListening = (on: EngineFixture, id: string) => {
  const state = path.join(on.dataDir, 'sandboxes', id, 'state')
  try {
    return readdirSync(state).includes('toolbox.sock')
  } catch {
    // Its folders are just being created.
    return false
  }
}

function toolboxOf(id: string): number {
  const snapshot = new ProcessSnapshot()
  const found = [...snapshot.entries.values()].find(
    (entry) =>
      snapshot.hasVariable(entry.pid, sandboxMark, id) &&
      commandLineOf(entry).includes('toolbox.cjs') &&
      !entry.name.startsWith('bwrap'),
  )
  if (!found) throw new Error(`no toolbox of ${id} is running`)
  return found.pid
}

test('a new sandbox uses a warm toolbox, and another one replaces it', async () => {
  engine = await startEngine({ warm: 2 })
  const on = engine
  await eventually('two are ready', () => warmFolders(on, []).length === 2, 15_000)
  const waiting = warmFolders(on, []).map((id) => [id, toolboxOf(id)] as const)
  const first = await on.createSandbox({ env: { A: 'first' } })
  const second = await on.createSandbox({ env: { A: 'second' } })
  expect(waiting).toContainEqual([first.id, toolboxOf(first.id)])
  expect(waiting).toContainEqual([second.id, toolboxOf(second.id)])
  for (const [sandbox, value] of [
    [first, 'first'],
    [second, 'second'],
  ] as const) {
    const { result } = (
      await on.toolbox(sandbox.id, 'POST', '/process/execute', { command: 'echo $A; ls -A; pwd' })
    ).json<ExecuteResponse>()
    expect(result).toMatch(new RegExp(`^${value}\n/`))
  }
  await eventually('two are ready again', () => warmFolders(on, [first.id, second.id]).length === 2, 15_000)
})

test('no warm toolbox is used for a sandbox without network, or shown as a sandbox', async () => {
  engine = await startEngine({ warm: 1 })
  const on = engine
  await eventually('one is ready', () => warmFolders(on, []).length === 1, 15_000)
  const [waiting] = warmFolders(on, [])
  expect((await on.api('GET', '/sandbox')).json<{ items: unknown[] }>().items).toEqual([])
  expect((await on.api('GET', `/sandbox/${waiting}`)).status).toBe(404)
  expect((await on.toolbox(waiting ?? '', 'GET', '/version')).status).toBe(404)
  const { id } = await on.createSandbox({ networkBlockAll: true })
  expect(id).not.toBe(waiting)
})

test('one that died while waiting is not used, and one that dies in the hand-over only costs time', async () => {
  engine = await startEngine({ warm: 1 })
  const on = engine
  await eventually('one is ready', () => warmFolders(on, []).length === 1, 15_000)
  const [waiting] = warmFolders(on, [])
  process.kill(toolboxOf(waiting ?? ''), 'SIGKILL')
  const sandbox = await on.createSandbox()
  const { exitCode } = (
    await on.toolbox(sandbox.id, 'POST', '/process/execute', { command: 'true' })
  ).json<ExecuteResponse>()
  expect([sandbox.state, exitCode]).toEqual(['started', 0])
})

test('those of a killed engine are removed by the next one', async () => {
  engine = await startEngine({ warm: 1 })
  const on = engine
  await eventually('one is ready', () => warmFolders(on, []).length === 1, 15_000)
  const [waiting] = warmFolders(on, [])
  const toolbox = toolboxOf(waiting ?? '')
  await on.kill9()
  await on.restart({ SANDGLASS_WARM: '0' })
  expect(readProcess(toolbox)).toBeUndefined()
  expect(folders(on)).toEqual([])
})
