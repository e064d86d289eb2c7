/** The environment of the sandbox's processes: built from an allow-list, never inherited. */
import { ApiError } from '@/lib/process-api/errors'
import { envNamePattern } from '@/lib/process-api/process'
import type { ToolboxConfig } from '../../config/toolbox-config'
import { executionMark, sandboxMark } from '../../linux/process-table'

/**
 * Environment of a child: the allow-list, the sandbox's variables, then `extra`.
 * @param executionId marks the process and its descendants
 */
export function childEnvironment(
  config: ToolboxConfig,
  shell: string,
  extra: Readonly<Record<string, string>>,
  executionId?: string,
): Record<string, string> {
  const own: Record<string, string | null> = {
    PATH: config.basePath,
    HOME: config.homeDir,
    USER: config.user,
    LOGNAME: config.user,
    SHELL: shell,
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    TMPDIR: '/tmp',
    ...(process.env.TZ ? { TZ: process.env.TZ } : {}),
    ...config.env,
  }
  return {
    ...Object.fromEntries(Object.entries(own).filter((entry): entry is [string, string] => entry[1] !== null)),
    ...extra,
    [sandboxMark]: config.sandboxId,
    ...(executionId === undefined ? {} : { [executionMark]: executionId }),
  }
}

/** Reject names that a shell does not support, in the wording of the protocol, and values with a NUL. */
export function checkEnvs(envs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(envs)) {
    if (!envNamePattern.test(name)) throw new ApiError('BAD_REQUEST', `invalid environment variable name: '${name}'`)
    if (value.includes('\0')) {
      throw new ApiError('BAD_REQUEST', `the environment variable '${name}' contains a NUL character`)
    }
  }
}
