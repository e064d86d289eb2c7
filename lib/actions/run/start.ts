'use server'

import { z } from 'zod'
import { startRunRequestSchema } from '@/lib/process-api/extensions'
import { startRun as startAt } from '@/lib/target-data/runs'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, request: startRunRequestSchema })

/** Starts a code run or one-shot command and returns its id at once; its output arrives on the live connection. */
export const startRun = actionWith('run.start', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, request } = parsedInput
  const client = targets().client(target)
  return { runId: await startAt({ target, client, sandboxId }, request, { signal: ctx.signal }) }
})
