/** Which deployments the console talks to. There is one so far: `local`, the engine of the same data folder. */

import { ConnectionFile } from '@/lib/connection-file'
import { ProcessApiClient, type ProcessApiEndpoint } from '@/lib/process-api/client'
import { TargetError } from '@/lib/process-api/problem'
import { consoleSettings } from './console-settings'

export interface Target extends ProcessApiEndpoint {
  name: string
}

export const localTargetName = 'local'

export class TargetRegistry {
  private readonly connection: ConnectionFile

  constructor(dataDir: string) {
    this.connection = new ConnectionFile(dataDir)
  }

  /**
   * Where a target is now. The local one is looked up each time: an engine that was started again may have moved.
   * @throws TargetError TARGET_UNKNOWN, or TARGET_AWAY while the engine has not said where it is
   */
  resolve(name: string): Target {
    if (name !== localTargetName) {
      throw new TargetError('TARGET_UNKNOWN', 'There is no target of this name.')
    }
    const { apiUrl, apiKey, toolboxUrl } = this.connection.read()
    if (apiUrl === undefined || apiKey === undefined) {
      throw new TargetError('TARGET_AWAY', 'The engine has not started yet.')
    }
    return {
      name,
      apiUrl: apiUrl.replace(/\/+$/, ''),
      apiKey,
      toolboxUrl: toolboxUrl?.replace(/\/+$/, '') ?? null,
    }
  }

  /** A client for where the target is now. */
  client(name: string): ProcessApiClient {
    return new ProcessApiClient(this.resolve(name))
  }
}

let registry: TargetRegistry | null = null

/** The registry of this process's data folder. */
export function targets(): TargetRegistry {
  registry ??= new TargetRegistry(consoleSettings().dataDir)
  return registry
}
