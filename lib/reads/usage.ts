/** Reads what a sandbox uses now. */
import 'server-only'
import type { CallOptions, ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { processOperations } from '@/lib/process-api/operations/processes'
import { toolboxOperations } from '@/lib/process-api/operations/toolbox'
import { TargetError } from '@/lib/process-api/problem'
import type { SandboxUsage } from '@/lib/process-api/usage'
import { capabilitiesOf } from '@/lib/targets/capability-cache'

interface SandboxRead {
  target: string
  client: ProcessApiClient
  sandboxId: string
}

export async function readUsage(read: SandboxRead, options: CallOptions): Promise<SandboxUsage> {
  const [metrics, processes] = await Promise.all([readMetrics(read, options), countProcesses(read, options)])
  return { metrics, processes }
}

/** Older deployments do not have this route. */
async function readMetrics({ client, sandboxId }: SandboxRead, options: CallOptions): Promise<SandboxUsage['metrics']> {
  try {
    return await client.call(toolboxOperations.getSystemMetrics, { sandboxId }, options)
  } catch (error) {
    const isUnsupported =
      (error instanceof TargetError && error.code === 'TARGET_UNSUPPORTED') ||
      (error instanceof ApiError && (error.code === 'NOT_FOUND' || error.code === 'NOT_IMPLEMENTED'))
    if (isUnsupported) return null
    throw error
  }
}

async function countProcesses(
  { target, client, sandboxId }: SandboxRead,
  options: CallOptions,
): Promise<SandboxUsage['processes']> {
  const capabilities = await capabilitiesOf(target, client, sandboxId)
  if (capabilities?.extensions.processes === undefined) return null
  const { processes } = await client.call(processOperations.getProcessTree, { sandboxId }, options)
  const threads = processes.reduce((sum, process) => sum + (process.threads ?? 1), 0)
  return { count: processes.length, threads }
}
