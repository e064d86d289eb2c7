/** Every operation is served, and every public route is an operation. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TrustedProxies } from '@/lib/edge/trusted-proxies'
import { allOperations } from '@/lib/process-api/operations/all-operations'
import type { Api } from '@/lib/process-api/operations/operation'
import { toolboxConfigSchema } from '../../config/toolbox-config'
import { type RegisteredRoute, Router } from '../../http/router'
import { chooseIsolation } from '../../isolation/choose'
import { LocalStarter } from '../../toolbox/process/local-starter'
import { registerToolbox } from '../../toolbox/routes/all-routes'
import { registerStoppedRuns } from '../../toolbox/routes/runner'
import { registerStoppedSessions } from '../../toolbox/routes/sessions'
import { createReadServices, createServices } from '../../toolbox/services/services'
import { EngineHosts } from '../access/host-check'
import { DiskReserve } from '../disk/reserve'
import { PreviewAddresses } from '../previews/preview-addresses'
import { machineQuotas } from '../sandbox/quotas'
import { SandboxStore } from '../sandbox/sandbox-store'
import { Sandboxes } from '../sandboxes/sandboxes'
import { createEngineServer } from '../server'
import { Snapshots } from '../snapshots/snapshots'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-routes-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Served before the routers: the one by Socket.IO, the other by the proxy. */
const servedBefore: Partial<Record<Api, readonly string[]>> = {
  'control-plane': ['WS /api/socket.io/'],
  toolbox: ['POST /env'],
}

/** The registrations that the operations of an API need. */
function expected(api: Api, whileStopped = false): string[] {
  const operations = allOperations.filter((it) => it.area.api === api && (!whileStopped || it.whileStopped))
  const registrations = operations.flatMap(({ method, path: at, socket, tunnel }) => [
    ...(socket?.withoutUpgrade === 'not-found' ? [] : [`${method} ${at}`]),
    ...(socket ? [`WS ${at}`] : []),
    ...(tunnel ? [`TUNNEL ${at}`] : []),
  ])
  return registrations.filter((it) => !servedBefore[api]?.includes(it)).sort()
}

function registered(routes: readonly RegisteredRoute[]): string[] {
  return [...new Set(routes.map(({ kind, path: at }) => `${kind} ${at}`))].sort()
}

test('the control plane', async () => {
  const store = new SandboxStore(folder)
  const ceilings = { sandboxes: 1, running: 1, snapshots: 1, ...machineQuotas(folder) }
  const snapshots = new Snapshots(folder, ceilings)
  const reserve = new DiskReserve(folder, null)
  const isolation = await chooseIsolation({
    setting: 'none',
    dataDir: folder,
    assetsDir: folder,
    limits: { setting: 'none', processLimit: 64 },
  })
  const sandboxes = new Sandboxes({
    isolation,
    store,
    snapshots,
    reserve,
    quotas: ceilings,
    warm: 0,
    notices: [],
    toolboxProxyUrl: () => '',
  })
  const server = createEngineServer({
    apiKey: 'key',
    keyCreatedAt: new Date(0),
    quotas: ceilings,
    sandboxes,
    snapshots,
    authority: '',
    hosts: new EngineHosts({ port: 0, allowed: [], previews: [], apiOrigins: [] }),
    addresses: new PreviewAddresses(sandboxes, false),
    proxies: new TrustedProxies(undefined),
    sockets: { total: 1, perHolder: 1, perAddress: 1 },
    sharedPages: false,
    docsDir: folder,
  })
  server.close()
  expect(registered(server.routes)).toEqual(expected('control-plane'))
})

function configOf(sandbox: string) {
  return toolboxConfigSchema.parse({
    sandboxId: crypto.randomUUID(),
    stateDir: path.join(folder, sandbox),
    socketPath: path.join(folder, sandbox, 'socket'),
    scratchDir: path.join(folder, sandbox),
    homeDir: folder,
    workDir: folder,
    user: 'daytona',
    isolation: { kind: 'none', network: 'shared', warnings: [] },
    assetsDir: folder,
  })
}

test('the toolbox, whose internal routes are for the control plane alone', () => {
  const router = new Router(1024)
  registerToolbox(
    router,
    createServices(configOf('running'), new LocalStarter(folder, '/usr/bin:/bin')),
    async () => {},
  )
  const all = registered(router.registered)
  const internal = all.filter((route) => / \/internal\//.test(route))
  expect(internal.length).toBeGreaterThan(0)
  expect(all.filter((route) => !internal.includes(route))).toEqual(expected('toolbox'))
})

test('what is also answered while a sandbox is stopped', () => {
  const router = new Router(1024)
  const services = createReadServices(configOf('stopped'), true)
  registerStoppedRuns(router, services)
  registerStoppedSessions(router, services)
  expect(registered(router.registered)).toEqual(expected('toolbox', true))
})
