/** The environment of a sandbox: kept with its record, so that it outlives toolboxes, and changed by `POST /env`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import {
  environmentProblem,
  type PlainMessage,
  type UpdateEnvRequest,
  updateEnvRequestSchema,
} from '@/lib/process-api/environment'
import { ApiError } from '@/lib/process-api/errors'
import { parseBody, readBody } from '../../http/body'
import { sendJson } from '../../http/reply'
import type { SandboxRecord } from './sandbox-record'
import type { ToolboxLink } from './toolbox-link'

type Environment = Pick<SandboxRecord, 'env' | 'unsetEnv'>

const askTimeoutMs = 5_000
/** The environment of a process has a limit of its own, which is lower. */
const maxEnvironmentBytes = 8 * 1024 * 1024
const bodyLimit = 1024 * 1024
const variablesSchema = z.record(z.string(), z.string())

/** What a toolbox is given: the sandbox's own variables, and null for those that it must not have. */
export function toolboxVariables({ env, unsetEnv }: Environment): Record<string, string | null> {
  return { ...Object.fromEntries(unsetEnv.map((name) => [name, null])), ...env }
}

/**
 * Apply a change in the contract's order.
 * @param given what a process in the sandbox is given before the change
 */
export function changedEnvironment(
  { env, unsetEnv }: Environment,
  change: UpdateEnvRequest,
  given: Readonly<Record<string, string>>,
): Environment {
  const set = change.set ?? {}
  const prefix = change.unsetValuePrefix
  const prefixed = prefix
    ? Object.keys(given).filter((name) => given[name]?.startsWith(prefix) && !Object.hasOwn(set, name))
    : []
  const gone = new Set([...prefixed, ...(change.unset ?? [])])
  const kept = Object.entries(env).filter(([name]) => !gone.has(name))
  return {
    env: { ...Object.fromEntries(kept), ...set },
    unsetEnv: [...new Set([...unsetEnv, ...gone])].filter((name) => !Object.hasOwn(set, name)),
  }
}

/** What changing the environment needs of a sandbox. */
export interface EnvironmentOwner {
  readonly record: Environment
  /** Not at the same time as another change, a start or a stop. */
  inTurnWithToolbox<T>(work: (link: Pick<ToolboxLink, 'ask'>) => Promise<T>): Promise<T>
  update(change: Environment): void
  /** Make the toolbox give the record's environment to what it starts from now on. */
  handOutEnvironment(link: Pick<ToolboxLink, 'ask'>): Promise<void>
}

/** Answer `POST /env` of a sandbox. Kept first: a toolbox that dies in between comes back with the new one. */
export async function answerEnvironmentChange(
  owner: EnvironmentOwner,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const change = parseBody(await readBody(request, bodyLimit), updateEnvRequestSchema, { name: 'UpdateEnvRequest' })
  await owner.inTurnWithToolbox(async (link) => {
    const given = change.unsetValuePrefix
      ? variablesSchema.parse(
          await link.ask('GET', '/internal/environment', undefined, askTimeoutMs, maxEnvironmentBytes),
        )
      : {}
    const next = changedEnvironment(owner.record, change, given)
    const problem = environmentProblem({ ...Object.fromEntries(next.unsetEnv.map((name) => [name, ''])), ...next.env })
    if (problem !== null) throw new ApiError('BAD_REQUEST', problem)
    owner.update(next)
    await owner.handOutEnvironment(link).catch((cause: unknown) => {
      const sentence = 'the change is kept, but the sandbox did not take it; it holds from the next start on'
      throw new ApiError('BAD_GATEWAY', sentence, {}, { cause })
    })
  })
  sendJson(response, 200, { message: 'Environment updated successfully' } satisfies PlainMessage)
}
