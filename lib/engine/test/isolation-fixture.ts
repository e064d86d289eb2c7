/** One sandbox directly from an isolation, without the control plane. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { networkInterfaces, tmpdir } from 'node:os'
import path from 'node:path'
import { defaultNetworkPolicy } from '@/lib/process-api/network-policy'
import type { ExecuteResponse } from '@/lib/process-api/process'
import { buildToolbox } from '@/scripts/building/parts.mjs'
import { chooseIsolation, type IsolationSetting } from '../isolation/choose'
import type { Isolation, LaunchRequest, SandboxFolder, SandboxProcess } from '../isolation/isolation'
import { defaultProcessLimit } from '../isolation/limits/limits'
import { createSandboxFolder, sandboxFolder } from '../isolation/sandbox-folder'
import { eventually } from './toolbox-fixture'

export interface IsolatedSandbox {
  readonly id: string
  readonly folder: SandboxFolder
  readonly process: SandboxProcess
  /** Run a shell command inside. */
  execute(command: string, options?: { timeout?: number; envs?: Record<string, string> }): Promise<ExecuteResponse>
}

export interface IsolationFixture {
  readonly dataDir: string
  readonly isolation: Isolation
  launch(
    request?: Partial<Pick<LaunchRequest, 'network' | 'env'>>,
    folder?: SandboxFolder,
    id?: string,
  ): Promise<IsolatedSandbox>
  /** Kills what was launched and removes the folder. */
  stop(): Promise<void>
}

export async function startIsolation(setting: IsolationSetting): Promise<IsolationFixture> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'sandglass-isolation-'))
  const assetsDir = await buildToolbox()
  const isolation = await chooseIsolation({
    setting,
    dataDir,
    assetsDir,
    limits: { setting: 'auto', processLimit: defaultProcessLimit },
  })
  const launched: SandboxProcess[] = []
  return {
    dataDir,
    isolation,
    launch: async (request = {}, given, id = randomUUID()) => {
      const folder = given ?? sandboxFolder(path.join(dataDir, 'sandboxes', id))
      await createSandboxFolder(folder)
      const process = await isolation.launch({
        sandboxId: id,
        folder,
        network: defaultNetworkPolicy,
        env: {},
        resources: null,
        stateKey: null,
        ...request,
      })
      launched.push(process)
      const socketPath = path.join(folder.state, 'toolbox.sock')
      await eventually('the toolbox responds', () => answers(socketPath), 15_000)
      return {
        id,
        folder,
        process,
        execute: (command, options = {}) => post(socketPath, '/process/execute', { command, ...options }),
      }
    },
    stop: async () => {
      await Promise.all(launched.map((process) => process.kill()))
      isolation.release()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** An address of this machine other than the loopback; null on a machine without a network. */
export function outsideAddress(): string | null {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return all.find((item) => item.family === 'IPv4' && !item.internal)?.address ?? null
}

async function answers(socketPath: string): Promise<boolean> {
  try {
    await ask(socketPath, 'GET', '/version', undefined)
    return true
  } catch {
    // The toolbox does not listen yet.
    return false
  }
}

async function post<Result>(socketPath: string, route: string, body: unknown): Promise<Result> {
  return JSON.parse(await ask(socketPath, 'POST', route, JSON.stringify(body)))
}

function ask(socketPath: string, method: string, route: string, body: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, method, path: route, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${method} ${route} returned ${response.statusCode}: ${text}`))
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}
