/** Wire schemas of `POST /env` and `POST /init` (2.7): the environment of processes that the sandbox starts from now on. */
import { z } from 'zod'

/**
 * Maximum environment of one sandbox, as JSON. The sandbox gets it as one variable, and Linux does not start programs
 * with a variable longer than 128 KiB.
 */
const maxEnvironmentBytes = 96 * 1024

/** Why variables are invalid for any process, as one sentence; null if they are valid. */
export function environmentProblem(variables: Readonly<Record<string, string>>): string | null {
  for (const [name, value] of Object.entries(variables)) {
    if (!isVariableName(name)) return `invalid environment variable name: '${name.slice(0, 100)}'`
    if (value.includes('\0')) return `the environment variable '${name.slice(0, 100)}' contains a NUL character`
  }
  const length = new TextEncoder().encode(JSON.stringify(variables)).length
  return length > maxEnvironmentBytes
    ? `the environment is ${length} bytes long, and a sandbox can have ${maxEnvironmentBytes}; keep long values in files`
    : null
}

function isVariableName(name: string): boolean {
  return name !== '' && !/[=\0]/.test(name)
}

/**
 * Body of `POST /env`. In this order: variables whose value begins with `unsetValuePrefix` go unless `set` names them,
 * then those of `unset`, then `set` is applied. Running processes keep their environment.
 */
export const updateEnvRequestSchema = z.object({
  set: z.record(z.string(), z.string()).nullish(),
  unset: z.array(z.string().refine(isVariableName, 'not a name of an environment variable')).nullish(),
  unsetValuePrefix: z.string().nullish(),
})
export type UpdateEnvRequest = z.infer<typeof updateEnvRequestSchema>

/** Body of `POST /init`; the token is for telemetry, of which this engine has none. */
export const initializeRequestSchema = z.object({ token: z.string().min(1) })

/** Response of `POST /env` and `POST /init`. */
export const plainMessageSchema = z.object({ message: z.string() })
export type PlainMessage = z.infer<typeof plainMessageSchema>
