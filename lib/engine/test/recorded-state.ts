/** State left by a real toolbox, for tests that change it and read it with both readers. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { RunDetail } from '@/lib/process-api/extensions'
import type { CommandDetail, SessionDetail } from '@/lib/process-api/process'
import { DiskReader } from '../control-plane/sandbox/disk-reader'
import { newRecord } from '../control-plane/sandbox/sandbox-record'
import { sandboxFolder } from '../isolation/sandbox-folder'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

export interface Reply {
  status: number
  text: string
  json<Value>(): Value
}

export type Get = (url: string) => Promise<Reply>

/** A secret that must not be readable through the state folder. */
export const secret = `secret of the host ${randomBytes(8).toString('hex')}`

export interface RecordedState {
  readonly toolbox: ToolboxFixture
  /** The state folder. */
  readonly folder: string
  readonly run: RunDetail
  /** A run whose request is long enough to be stored in its own file. */
  readonly longRun: RunDetail
  readonly command: CommandDetail
  /** Folder of the session `s1`, relative to the state folder. */
  readonly session: string
  /** A host file beside the state folder with `secret` in it, under every file extension of a journal. */
  readonly victim: string
  /** Restore the folder as the toolbox left it. */
  restore(): void
  /** Read as the engine does while the sandbox is stopped. */
  readStopped(use: (get: Get) => Promise<void>): Promise<void>
  /** Read as a new toolbox does. */
  readRestarted(use: (get: Get) => Promise<void>): Promise<void>
  remove(): Promise<void>
}

/** Record runs and a session with a command, and stop the toolbox. */
export async function recordState(
  stateKey: string | null = randomBytes(32).toString('base64'),
): Promise<RecordedState> {
  const toolbox = await startToolbox({ stateKey })
  const run = await runToEnd(toolbox, 'echo printed; echo wrong >&2; exit 3')
  const longRun = await runToEnd(toolbox, `: ${'x'.repeat(20_000)}; echo long`)
  await toolbox.post('/process/session', { sessionId: 's1' })
  const exec = await toolbox.post('/process/session/s1/exec', { command: 'echo in the session; exit 4' })
  const { cmdId } = exec.json<{ cmdId: string }>()
  const command = (await toolbox.request(`/process/session/s1/command/${cmdId}`)).json<CommandDetail>()
  await eventually('the session ends', async () => {
    const session = (await toolbox.request('/process/session/s1')).json<SessionDetail>()
    return session.state === 'ended'
  })
  await toolbox.kill9()
  const kept = mkdtempSync(path.join(tmpdir(), 'sandglass-kept-'))
  rmSync(path.join(toolbox.stateDir, 'toolbox.sock'), { force: true })
  cpSync(toolbox.stateDir, path.join(kept, 'state'), { recursive: true, verbatimSymlinks: true })
  const session = path.join(
    'sessions',
    execFileSync('ls', [path.join(toolbox.stateDir, 'sessions')], { encoding: 'utf8' }).trim(),
  )
  const victim = path.join(toolbox.folder, 'victim')
  for (const ending of ['', '.data', '.index', '.attachment', '.charts']) writeFileSync(`${victim}${ending}`, secret)
  return {
    toolbox,
    folder: toolbox.stateDir,
    run,
    longRun,
    command,
    session,
    victim,
    restore: () => {
      rmSync(toolbox.stateDir, { recursive: true, force: true })
      cpSync(path.join(kept, 'state'), toolbox.stateDir, { recursive: true, verbatimSymlinks: true })
    },
    readStopped: (use) => withDiskReader(toolbox.stateDir, toolbox.sandboxId, stateKey, use),
    readRestarted: async (use) => {
      await toolbox.restart({ stateKey })
      await use((url) => toolbox.request(url))
      await toolbox.kill9()
    },
    remove: async () => {
      await toolbox.stop()
      rmSync(kept, { recursive: true, force: true })
    },
  }
}

async function runToEnd(toolbox: ToolboxFixture, command: string): Promise<RunDetail> {
  const { id } = (await toolbox.post('/process/run', { kind: 'command', command })).json<RunDetail>()
  return eventually('the run ends', async () => {
    const run = (await toolbox.request(`/process/run/${id}`)).json<RunDetail>()
    return run.state === 'running' ? null : run
  })
}

async function withDiskReader(
  state: string,
  sandboxId: string,
  stateKey: string | null,
  use: (get: Get) => Promise<void>,
): Promise<void> {
  const folder = { ...sandboxFolder(path.dirname(state)), state }
  const isolation = { kind: 'none', network: 'shared', warnings: [] } as const
  const report = () => ({ ...isolation, warnings: [] })
  const reader = new DiskReader(newRecord(sandboxId, {}), folder, report, () => stateKey)
  const server = createServer((request, response) => void reader.handle(request, response, request.url ?? ''))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await use((url) => get(port, url))
  } finally {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
}

function get(port: number, url: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-daytona-sdk-version': '0.216.0' }
    const request = httpRequest({ host: '127.0.0.1', port, path: url, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, text, json: () => JSON.parse(text) })
      })
    })
    request.on('error', reject)
    request.end()
  })
}

/** All routes that read recorded state. */
export function routesTo(runId: string, sessionId: string, commandId: string): string[] {
  const command = `/process/session/${sessionId}/command/${commandId}`
  const journals = [`/process/run/${runId}`, command].flatMap((one) => [
    one,
    `${one}/journal`,
    `${one}/journal?tail=1000`,
    `${one}/journal?stream=stderr`,
    `${one}/journal/download`,
    `${one}/journal/download?stream=stdout`,
    `${one}/journal/place?stream=stderr&offset=1&of=journal`,
    `${one}/journal/search?text=secret`,
  ])
  return [
    '/process/run',
    ...journals,
    `/process/run/${runId}/charts`,
    '/process/session',
    `/process/session/${sessionId}`,
    `${command}/logs`,
    '/process/session/entrypoint',
    '/process/session/entrypoint/logs',
  ]
}
