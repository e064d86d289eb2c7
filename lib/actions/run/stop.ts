'use server'

import { z } from 'zod'
import { runIdSchema } from '@/lib/process-api/ids'
import { stopRun as stopAt } from '@/lib/target-data/runs'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, runId: runIdSchema })

/** Stops a run with all its processes; for a finished run, the processes that it left running. */
export const stopRun = actionWith('run.stop', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, runId: run } = parsedInput
  await stopAt({ target, client: targets().client(target), sandboxId }, run, { signal: ctx.signal })
  return { runId: run }
})
