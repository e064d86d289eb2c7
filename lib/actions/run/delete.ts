'use server'

import { z } from 'zod'
import { runId } from '@/lib/process-api/ids'
import { deleteRun as deleteAt } from '@/lib/reads/runs'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const input = z.object({ ...sandboxFields, runId })

/** Delete a run that ended, with its output. */
export const deleteRun = actionWith(input).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, runId: run } = parsedInput
  await deleteAt({ target, client: targets().client(target), sandboxId }, run, { signal: ctx.signal })
  return { runId: run }
})
