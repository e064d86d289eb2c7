/** What every area of the toolbox works with. */
import { randomUUID } from 'node:crypto'
import type { ToolboxConfig } from './config'
import { Shutdown } from './shutdown'

export interface ToolboxServices {
  /** Filled in by the launcher, and again when a warm toolbox is claimed: read it when needed, never keep a copy. */
  readonly config: ToolboxConfig
  /** New for each start of the toolbox. */
  readonly instanceId: string
  readonly shutdown: Shutdown
}

export function createServices(config: ToolboxConfig): ToolboxServices {
  return { config, instanceId: randomUUID(), shutdown: new Shutdown() }
}
