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

/** Makes a root out of the folders of this machine, in a folder that is no mount point, and starts the engine in it. */
const inChroot = `set -e
root=$1; shift
for name in bin sbin lib lib32 lib64 libx32; do [ ! -L "/$name" ] || cp -P "/$name" "$root/"; done
for folder in bin sbin lib lib64 usr etc dev sys proc "$@"; do
  [ -d "/$folder" ] && [ ! -e "$root/$folder" ] && [ ! -L "$root/$folder" ] || continue
  mkdir -p "$root/$folder"
  mount --rbind "/$folder" "$root/$folder"
done
mkdir -p "$root/tmp"
exec chroot "$root" "$NODE" "$PROGRAM"`

test('programs run in a chroot whose root is no mount point', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'sandglass-root-'))
  const program = await buildProgram()
  const port = await freePort()
  const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--user', '--mount']
  const folders = [path.dirname(path.dirname(program)), path.dirname(path.dirname(process.execPath))]
  const child = spawn('unshare', [...namespaces, 'sh', '-c', inChroot, 'sh', root, ...folders], {
    env: { ...engineEnvironment({}, '/data', port), NODE: process.execPath, PROGRAM: program },
    stdio: 'ignore',
  })
  const file = path.join(root, 'data', 'connection.json')
  await expect.poll(() => existsSync(file), { timeout: 30_000 }).toBe(true)
  const { apiUrl, toolboxUrl, apiKey } = JSON.parse(readFileSync(file, 'utf8'))
  const send = async (url: string, body: unknown) => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    return await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json()
  }
  const { id } = await send(`${apiUrl}/sandbox`, {})
  const execute = `${toolboxUrl}/${id}/process/execute`
  expect(await send(execute, { command: 'cd / && pwd' })).toMatchObject({ exitCode: 0, result: '/\n' })
  expect(await send(execute, { command: 'touch here && ls' })).toMatchObject({ exitCode: 0, result: 'here\n' })
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
  rmSync(root, { recursive: true })
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
