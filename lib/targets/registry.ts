/** The targets of the console: `local`, which is the engine of the same data directory, and those of the settings. */

import { ProcessApiClient, type ProcessApiEndpoint } from '@/lib/process-api/client'
import { TargetError } from '@/lib/process-api/problem'
import { ConnectionFile } from '@/lib/settings/connection-file'
import { consoleSettings } from '@/lib/settings/console-settings'
import { localTargetName, type RemoteTarget } from '@/lib/settings/targets-file'

export { localTargetName }

export interface Target extends ProcessApiEndpoint {
  name: string
}

/** The part of a target that pages may see: never its key. */
export interface TargetSummary {
  name: string
  /** Null for the local engine, whose address may change. */
  apiUrl: string | null
}

export class TargetRegistry {
  private readonly connection: ConnectionFile
  /** What `connection.json` does not have before the console has started. */
  private readonly engine: ConnectionFile
  private readonly remotes: ReadonlyMap<string, RemoteTarget>

  constructor(dataDir: string, remotes: readonly RemoteTarget[] = []) {
    this.connection = new ConnectionFile(dataDir)
    this.engine = new ConnectionFile(dataDir, 'engine.json')
    this.remotes = new Map(remotes.map((remote) => [remote.name, remote]))
  }

  /** All targets, the local one first. */
  list(): TargetSummary[] {
    const others = [...this.remotes.values()].map(({ name, apiUrl }) => ({ name, apiUrl }))
    return [{ name: localTargetName, apiUrl: null }, ...others]
  }

  has(name: string): boolean {
    return name === localTargetName || this.remotes.has(name)
  }

  /**
   * The current address of a target. The local one is read each time, because a restarted engine may have another port.
   * @throws TargetError TARGET_UNKNOWN, or TARGET_UNREACHABLE while the engine has not written its address
   */
  resolve(name: string): Target {
    const remote = this.remotes.get(name)
    if (remote) return remote
    if (name !== localTargetName) {
      throw new TargetError('TARGET_UNKNOWN', 'There is no target with this name.')
    }
    const { apiUrl, apiKey, toolboxUrl } = { ...this.engine.read(), ...this.connection.read() }
    if (apiUrl === undefined || apiKey === undefined) {
      throw new TargetError('TARGET_UNREACHABLE', 'The engine has not started yet.')
    }
    return {
      name,
      apiUrl: apiUrl.replace(/\/+$/, ''),
      apiKey,
      toolboxUrl: toolboxUrl?.replace(/\/+$/, '') ?? null,
    }
  }

  /** A client for the current address of a target. */
  client(name: string): ProcessApiClient {
    return new ProcessApiClient(this.resolve(name))
  }
}

let registry: TargetRegistry | null = null

/** The registry of this process's data directory and settings. */
export function targets(): TargetRegistry {
  const { dataDir, targets: remotes } = consoleSettings()
  registry ??= new TargetRegistry(dataDir, remotes)
  return registry
}
