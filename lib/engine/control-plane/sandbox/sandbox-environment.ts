/** The environment of a sandbox: stored with its record, so that it survives toolbox restarts; changed by `POST /env`. */
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

const readTimeoutMs = 5_000
/** The kernel's own limit for the environment of a process is lower. */
const maxEnvironmentBytes = 8 * 1024 * 1024
const maxBodyBytes = 1024 * 1024
const variablesSchema = z.record(z.string(), z.string())

/** The variables for the toolbox: the sandbox's own values, and null for variables to unset. */
export function toolboxVariables({ env, unsetEnv }: Environment): Record<string, string | null> {
  return { ...Object.fromEntries(unsetEnv.map((name) => [name, null])), ...env }
}

/**
 * Apply a change in the order of the contract.
 * @param current the environment of processes in the sandbox before the change
 */
export function changedEnvironment(
  { env, unsetEnv }: Environment,
  change: UpdateEnvRequest,
  current: Readonly<Record<string, string>>,
): Environment {
  const set = change.set ?? {}
  const prefix = change.unsetValuePrefix
  const prefixed = prefix
    ? Object.keys(current).filter((name) => current[name]?.startsWith(prefix) && !Object.hasOwn(set, name))
    : []
  const removed = new Set([...prefixed, ...(change.unset ?? [])])
  const remaining = Object.entries(env).filter(([name]) => !removed.has(name))
  return {
    env: { ...Object.fromEntries(remaining), ...set },
    unsetEnv: [...new Set([...unsetEnv, ...removed])].filter((name) => !Object.hasOwn(set, name)),
  }
}

/** The part of a sandbox that an environment change needs. */
export interface EnvironmentOwner {
  readonly record: Environment
  /** Runs `work` exclusively: never during another change, start or stop. */
  runExclusiveWithToolbox<T>(work: (link: Pick<ToolboxLink, 'call'>) => Promise<T>): Promise<T>
  update(change: Environment): void
  /** Send the record's environment to the toolbox, for processes started from now on. */
  pushEnvironment(link: Pick<ToolboxLink, 'call'>): Promise<void>
}

/** Handle `POST /env`. Saved first, so that a toolbox that dies in between restarts with the new environment. */
export async function handleEnvironmentChange(
  owner: EnvironmentOwner,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const change = parseBody(await readBody(request, maxBodyBytes), updateEnvRequestSchema, { name: 'UpdateEnvRequest' })
  await owner.runExclusiveWithToolbox(async (link) => {
    const current = change.unsetValuePrefix
      ? variablesSchema.parse(
          await link.call('GET', '/internal/environment', undefined, readTimeoutMs, maxEnvironmentBytes),
        )
      : {}
    const next = changedEnvironment(owner.record, change, current)
    const problem = environmentProblem({ ...Object.fromEntries(next.unsetEnv.map((name) => [name, ''])), ...next.env })
    if (problem !== null) throw new ApiError('BAD_REQUEST', problem)
    owner.update(next)
    await owner.pushEnvironment(link).catch((cause: unknown) => {
      const sentence = 'the change was saved, but the sandbox did not apply it; it takes effect at the next start'
      throw new ApiError('BAD_GATEWAY', sentence, {}, { cause })
    })
  })
  sendJson(response, 200, { message: 'Environment updated successfully' } satisfies PlainMessage)
}
