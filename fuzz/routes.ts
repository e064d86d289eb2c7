/** Every route of the engine and of a toolbox, from the code that registers them, so that new routes are included. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { toolboxConfigSchema } from '@/lib/engine/config/toolbox-config'
import { EngineHosts } from '@/lib/engine/control-plane/access/host-check'
import { EventStream } from '@/lib/engine/control-plane/events/event-stream'
import { PreviewAddresses } from '@/lib/engine/control-plane/previews/preview-addresses'
import { registerApi } from '@/lib/engine/control-plane/routes/api-routes'
import { machineQuotas } from '@/lib/engine/control-plane/sandbox/quotas'
import { SandboxStore } from '@/lib/engine/control-plane/sandbox/sandbox-store'
import { Sandboxes } from '@/lib/engine/control-plane/sandboxes/sandboxes'
import { Snapshots } from '@/lib/engine/control-plane/snapshots/snapshots'
import type { Routes } from '@/lib/engine/http/router'
import { LocalStarter } from '@/lib/engine/toolbox/process/local-starter'
import { registerAreas } from '@/lib/engine/toolbox/routes/all-routes'
import { createServices } from '@/lib/engine/toolbox/services/services'
import { DiskReserve } from '../lib/engine/control-plane/disk/reserve'
import { chooseIsolation } from '../lib/engine/isolation/choose'

export interface KnownRoute {
  readonly of: 'engine' | 'toolbox'
  /** `ANY` when all methods are accepted. */
  readonly method: string
  /** Parameters are `:names`; `*` matches any rest. */
  readonly path: string
  readonly kind: 'http' | 'socket'
}

/** Registers all routes with a list instead of a server; nothing listens and nothing is started. */
export async function knownRoutes(): Promise<KnownRoute[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-routes-'))
  try {
    return [...(await routesOfEngine(folder)), ...routesOfToolbox(folder)]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function routesOfEngine(folder: string): Promise<KnownRoute[]> {
  const routes: KnownRoute[] = []
  const quotas = { sandboxes: 1, running: 1, snapshots: 1, ...machineQuotas(folder) }
  const snapshots = new Snapshots(folder, quotas)
  const sandboxes = new Sandboxes({
    isolation: await chooseIsolation({
      setting: 'none',
      dataDir: folder,
      assetsDir: folder,
      limits: { setting: 'none', processLimit: 64 },
    }),
    store: new SandboxStore(folder),
    snapshots,
    reserve: new DiskReserve(folder, null),
    quotas: quotas,
    warm: 0,
    notices: [],
    toolboxProxyUrl: () => '',
  })
  const list = listing('engine', routes)
  const hosts = new EngineHosts({ port: 0, allowed: [], previews: [], apiOrigins: [] })
  const addresses = new PreviewAddresses(sandboxes, false)
  registerApi(list, {
    apiKey: '',
    keyCreatedAt: new Date(0),
    quotas,
    sandboxes,
    snapshots,
    authority: '',
    hosts,
    addresses,
  })
  new EventStream(sandboxes).register(list, '')
  return routes
}

function routesOfToolbox(folder: string): KnownRoute[] {
  const routes: KnownRoute[] = []
  const config = toolboxConfigSchema.parse({
    sandboxId: 'routes',
    stateDir: folder,
    socketPath: '',
    scratchDir: folder,
    homeDir: folder,
    workDir: folder,
    user: 'routes',
    isolation: { kind: 'none', network: 'shared', warnings: [] },
    assetsDir: folder,
  })
  registerAreas(listing('toolbox', routes), createServices(config, new LocalStarter(folder, '/usr/bin:/bin')))
  return routes
}

function listing(of: KnownRoute['of'], routes: KnownRoute[]): Routes {
  return {
    on: ({ method, path }) => routes.push({ of, method, path, kind: 'http' }),
    onSocket: ({ path, socket }) => {
      routes.push({ of, method: 'GET', path, kind: 'socket' })
      if (socket.withoutUpgrade === 'refuse') routes.push({ of, method: 'GET', path, kind: 'http' })
    },
    onTunnel: ({ path }) => routes.push({ of, method: 'GET', path, kind: 'socket' }),
    route: (method, path) => routes.push({ of, method, path, kind: 'http' }),
  }
}
