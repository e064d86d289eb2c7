/** The objects of the exchanges: a sandbox with one of everything in it, so that names in requests exist. */
import path from 'node:path'
import type { EngineFixture } from '../lib/engine/test/engine-fixture'
import type { SandboxDto } from '../lib/process-api/sandbox'

export interface World {
  readonly port: number
  readonly apiKey: string
  /** Target of toolbox routes; it keeps running. */
  readonly sandboxId: string
  readonly socketPath: string
  /** Target of control-plane routes, which may stop or delete it. */
  readonly decoyId: string
  /** Existing values of path parameters and body fields, by name. */
  readonly known: Readonly<Record<string, string>>
}

export const sessionId = 'fuzzed'
export const ptyId = 'fuzzed'

/** Create the sandboxes, and one of everything in the first. */
export async function createWorld(engine: EngineFixture): Promise<World> {
  const labels = { 'code-toolbox-language': 'python' }
  const { id } = await engine.createSandbox({ labels })
  const decoy = await engine.createSandbox({ labels })
  const known = await fill(engine, id)
  return {
    port: engine.port,
    apiKey: engine.apiKey,
    sandboxId: id,
    socketPath: path.join(engine.dataDir, 'sandboxes', id, 'state', 'toolbox.sock'),
    decoyId: decoy.id,
    known,
  }
}

/** Remove what exchanges have left behind, and restore what they have ended. */
export async function tidy(engine: EngineFixture, world: World, kept: ReadonlySet<string>): Promise<World> {
  const { items } = (await engine.api('GET', '/sandbox?limit=200')).json<{ items: SandboxDto[] }>()
  const left = items.filter(({ id }) => id !== world.sandboxId && id !== world.decoyId && !kept.has(id))
  await Promise.all(left.map(({ id }) => engine.api('DELETE', `/sandbox/${id}`)))
  const snapshots = await namesOf(engine.api('GET', '/snapshots'), 'items', 'id')
  await Promise.all(snapshots.map((id) => engine.api('DELETE', `/snapshots/${encodeURIComponent(id)}`)))
  await clear(engine, world.sandboxId)
  const isThere = items.some(({ id, state }) => id === world.decoyId && state === 'started')
  if (!isThere) await engine.api('DELETE', `/sandbox/${world.decoyId}`)
  const decoyId = isThere ? world.decoyId : (await engine.createSandbox()).id
  return { ...world, decoyId, known: await fill(engine, world.sandboxId) }
}

/** Delete everything that runs or is recorded in a sandbox. */
export async function clear(engine: EngineFixture, id: string): Promise<void> {
  const ask = (method: string, route: string) => engine.toolbox(id, method, route)
  const groups = [
    ['/process/session', '', 'sessionId'],
    ['/process/pty', 'sessions', 'id'],
    ['/process/interpreter/context', 'contexts', 'id'],
    ['/process/run', 'runs', 'id'],
    ['/process/pty-recording', 'recordings', 'id'],
  ] as const
  for (const [route, list, name] of groups) {
    const ids = await namesOf(ask('GET', route), list, name)
    await Promise.all(ids.map((each) => ask('DELETE', `${route}/${encodeURIComponent(each)}`)))
  }
}

async function namesOf(request: Promise<{ json<Value>(): Value }>, list: string, name: string): Promise<string[]> {
  const response = (await request).json<unknown>()
  const rows = list === '' ? response : (response as Record<string, unknown>)[list]
  return Array.isArray(rows) ? rows.map((row) => String(row[name])) : []
}

async function fill(engine: EngineFixture, id: string): Promise<Record<string, string>> {
  const post = async (route: string, body: unknown) => {
    const response = await engine.toolbox(id, 'POST', route, body)
    if (response.status >= 300) throw new Error(`${route} returned ${response.status}: ${response.text}\n${engine.log}`)
    return response.text === '' ? {} : response.json<Record<string, string>>()
  }
  await post('/process/session', { sessionId })
  const { cmdId = '' } = await post(`/process/session/${sessionId}/exec`, { command: 'seq 1 200' })
  const { id: runId = '' } = await post('/process/run', { kind: 'command', command: 'seq 1 200' })
  await post('/process/pty', { id: ptyId })
  const { id: contextId = '' } = await post('/process/interpreter/context', {})
  const { id: run = '' } = await post(`/process/interpreter/context/${contextId}/run`, { code: 'print(1)' })
  return { sessionId, commandId: cmdId, runId, ptyId, contextId, run, port: '3000', recording: `${ptyId}.cast` }
}
