/** Runs of a sandbox: from the target if it records them, else from the console's own store of plain runs. */

import type { Chart } from '@/lib/process-api/charts'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { RunDetail, RunPage, StartRunRequest } from '@/lib/process-api/extensions'
import { runOperations } from '@/lib/process-api/operations/runs'
import { TargetError } from '@/lib/process-api/problem'
import { headOf } from '@/lib/process-api/text-head'
import { capabilitiesOf } from '@/lib/targets/capability-cache'
import { plainRuns } from '@/lib/targets/plain-runs/shared'

interface SandboxAccess {
  target: string
  client: ProcessApiClient
  sandboxId: string
}

interface Options {
  signal: AbortSignal
}

export async function listRuns(
  access: SandboxAccess,
  page: { limit?: number; before?: string },
  options: Options,
): Promise<RunPage> {
  if (await hasRuns(access))
    return await access.client.call(runOperations.listRuns, { sandboxId: access.sandboxId, query: page }, options)
  return plainRuns().list(access, page)
}

/** @param textLimit of the code or command; all of it when left out */
export async function getRun(
  access: SandboxAccess,
  runId: string,
  { signal, textLimit }: Options & { textLimit?: number },
): Promise<RunDetail> {
  const query = textLimit === undefined ? {} : { textLimit }
  if (await hasRuns(access))
    return await access.client.call(runOperations.getRun, { sandboxId: access.sandboxId, runId, query }, { signal })
  const run = plainRuns().get(access, runId)
  if (run === null) throw new ApiError('NOT_FOUND', 'This run does not exist.')
  const text = run.code ?? run.command ?? ''
  const head = headOf(text, textLimit)
  return { ...run, ...(run.kind === 'code' ? { code: head } : { command: head }), textLength: text.length }
}

/** The charts of a run, in the order in which they were shown; none where the target does not store them. */
export async function listCharts(access: SandboxAccess, runId: string, options: Options): Promise<Chart[]> {
  const capabilities = await capabilitiesOf(access.target, access.client, access.sandboxId).catch(() => null)
  if (capabilities !== null && capabilities.extensions.charts === undefined) return []
  if (!(await hasRuns(access))) return []
  const call = { sandboxId: access.sandboxId, runId }
  return (await access.client.call(runOperations.getRunCharts, call, options)).charts
}

/** Starts a run and returns its id at once. */
export async function startRun(access: SandboxAccess, request: StartRunRequest, options: Options): Promise<string> {
  if (!(await hasRuns(access))) return plainRuns().start(access, request)
  const call = { sandboxId: access.sandboxId, body: request }
  const { id } = await access.client.call(runOperations.startRun, call, options)
  return id
}

export async function stopRun(access: SandboxAccess, runId: string, options: Options): Promise<void> {
  if (!(await hasRuns(access)))
    throw new TargetError(
      'TARGET_UNSUPPORTED',
      'This target cannot stop runs. The run ends by itself or at its timeout.',
    )
  await access.client.call(runOperations.stopRun, { sandboxId: access.sandboxId, runId }, options)
}

export async function deleteRun(access: SandboxAccess, runId: string, options: Options): Promise<void> {
  if (await hasRuns(access))
    await access.client.call(runOperations.deleteRun, { sandboxId: access.sandboxId, runId }, options)
  else if (!plainRuns().remove(access, runId)) throw new ApiError('CONFLICT', 'This run has not ended yet.')
}

/** Whether the target records runs. If it is unreachable, that follows from whether the console has stored runs. */
async function hasRuns({ target, client, sandboxId }: SandboxAccess): Promise<boolean> {
  try {
    const capabilities = await capabilitiesOf(target, client, sandboxId)
    return capabilities?.extensions.runs !== undefined
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof TargetError)) throw error
    return !plainRuns().has({ target, sandboxId })
  }
}
