/** Runs of a sandbox: the target's own where it keeps them, else those that the console keeps for it. */
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { RunDetail, RunPage, StartRunRequest } from '@/lib/process-api/extensions'
import { TargetError } from '@/lib/process-api/problem'
import { capabilitiesOf } from '@/lib/targets/capability-cache'
import { plainRuns } from '@/lib/targets/plain-runs/shared'

interface RunsPlace {
  target: string
  client: ProcessApiClient
  sandboxId: string
}

interface Options {
  signal: AbortSignal
}

export async function listRuns(
  place: RunsPlace,
  page: { limit?: number; before?: string },
  options: Options,
): Promise<RunPage> {
  if (await hasRuns(place)) return await place.client.listRuns(place.sandboxId, page, options)
  return plainRuns().list(place, page)
}

export async function getRun(place: RunsPlace, runId: string, options: Options): Promise<RunDetail> {
  if (await hasRuns(place)) return await place.client.getRun(place.sandboxId, runId, options)
  const run = plainRuns().get(place, runId)
  if (run === null) throw new ApiError('NOT_FOUND', 'This run does not exist.')
  return run
}

/** Returns the run's id at once. */
export async function startRun(place: RunsPlace, request: StartRunRequest, options: Options): Promise<string> {
  if (await hasRuns(place)) return await place.client.startRun(place.sandboxId, request, options)
  return plainRuns().start(place, request)
}

export async function stopRun(place: RunsPlace, runId: string, options: Options): Promise<void> {
  if (!(await hasRuns(place)))
    throw new TargetError(
      'TARGET_UNSUPPORTED',
      'This target cannot stop runs. The run ends by itself or at its timeout.',
    )
  await place.client.stopRun(place.sandboxId, runId, options)
}

export async function deleteRun(place: RunsPlace, runId: string, options: Options): Promise<void> {
  if (await hasRuns(place)) await place.client.deleteRun(place.sandboxId, runId, options)
  else if (!plainRuns().remove(place, runId)) throw new ApiError('CONFLICT', 'This run has not ended yet.')
}

/** A sandbox that does not answer now is taken for what it was: the console has runs of it or the target does. */
async function hasRuns({ target, client, sandboxId }: RunsPlace): Promise<boolean> {
  try {
    const can = await capabilitiesOf(target, client, sandboxId)
    return can?.extensions.runs !== undefined
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof TargetError)) throw error
    return !plainRuns().has({ target, sandboxId })
  }
}
