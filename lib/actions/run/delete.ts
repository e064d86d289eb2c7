'use server'

import { z } from 'zod'
import { runIdSchema } from '@/lib/process-api/ids'
import { deleteRun as deleteAt } from '@/lib/target-data/runs'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, runId: runIdSchema })

/** Deletes a finished run with its output. */
export const deleteRun = actionWith('run.delete', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, runId: run } = parsedInput
  await deleteAt({ target, client: targets().client(target), sandboxId }, run, { signal: ctx.signal })
  return { runId: run }
})
