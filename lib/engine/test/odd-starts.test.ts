/** Starts of the engine that are not those of a developer's machine. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { ExecuteResponse } from '@/lib/process-api/process'
import { findProgram } from '@/lib/settings/programs'
import { buildProgram, type EngineFixture, engineEnvironment, freePort, startEngine } from './engine-fixture'

const kinds = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]
let engine: EngineFixture | undefined

afterEach(async () => {
  await engine?.stop()
  engine = undefined
})

test.each(kinds)('%s: sandboxes do not inherit the umask of the shell that started the engine', async (isolation) => {
  engine = await startEngine({ isolation, through: ['sh', '-c', 'umask 077; exec "$0" "$@"'] })
  const { id } = await engine.createSandbox()
  const command = 'umask; touch made; stat -c %a made'
  const ran = await engine.toolbox(id, 'POST', '/process/execute', { command })
  expect(ran.json<ExecuteResponse>().result).toBe('0022\n644\n')
})

test('an engine that a console follows leaves connection.json to the console, until it is complete', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'sandglass-follows-'))
  const child = spawn(process.execPath, [await buildProgram()], {
    env: {
      ...engineEnvironment({ isolation: 'none' }, dataDir, await freePort()),
      SANDGLASS_CONSOLE_FOLLOWS: '1',
    },
    stdio: 'ignore',
  })
  const read = (name: string) => {
    const file = path.join(dataDir, name)
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
  }
  await expect.poll(() => read('engine.json'), { timeout: 30_000 }).toHaveProperty('apiKey')
  expect(read('connection.json')).toBeNull()
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
  rmSync(dataDir, { recursive: true })
})

test('a disk without space for the copy of node gets a sentence, not a stack', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'sandglass-small-'))
  const script = 'mount -t tmpfs -o mode=0700,size=48m tmpfs "$SANDGLASS_DATA_DIR"; exec "$0" "$@"'
  const through = ['--map-root-user', '--user', '--mount', 'sh', '-c', script, process.execPath]
  const child = spawn('unshare', [...through, await buildProgram()], {
    env: engineEnvironment({}, dataDir, await freePort()),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  await expect.poll(() => log, { timeout: 30_000 }).toContain('Engine ready')
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
  rmSync(dataDir, { recursive: true })
  if (findProgram('bwrap')) expect(log).toContain('has no space for the copy of node')
  expect(log).not.toContain('"stack"')
})
