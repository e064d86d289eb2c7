import { type ToolboxConfigInput, toolboxConfigVariable } from '../config/toolbox-config'
import { sandboxMark } from '../linux/process-table'

let limits: ToolboxConfigInput['limits'] = {}

/** Set the limits for toolboxes started from now on; absent ones have defaults. */
export function setToolboxLimits(next: NonNullable<ToolboxConfigInput['limits']>): void {
  limits = next
}

/**
 * The complete environment of a toolbox process; of the host's variables, only the time zone is included.
 * The mark lets a later engine find the process without a note.
 */
export function toolboxEnvironment(config: ToolboxConfigInput): Record<string, string> {
  return {
    PATH: config.basePath ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: config.homeDir,
    LANG: 'C.UTF-8',
    ...(process.env.TZ ? { TZ: process.env.TZ } : {}),
    [sandboxMark]: config.sandboxId,
    [toolboxConfigVariable]: JSON.stringify({ ...config, limits: { ...limits, ...config.limits } }),
  }
}
