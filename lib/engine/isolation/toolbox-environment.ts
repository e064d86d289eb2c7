import { type ToolboxConfigInput, toolboxConfigVariable } from '../config/toolbox-config'
import { sandboxMark } from '../linux/process-table'

let limits: ToolboxConfigInput['limits'] = {}

/** What the toolboxes that are started from now on are told of their limits; the rest have defaults. */
export function limitToolboxes(given: NonNullable<ToolboxConfigInput['limits']>): void {
  limits = given
}

/**
 * The whole environment of a toolbox process: nothing of the host's but the time zone.
 * The mark lets a later engine find the process without any note.
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
