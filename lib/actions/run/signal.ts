'use server'

import { z } from 'zod'
import { signalNameSchema } from '@/lib/process-api/extensions'
import { runIdSchema } from '@/lib/process-api/ids'
import { runOperations } from '@/lib/process-api/operations/runs'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, runId: runIdSchema, signal: signalNameSchema })

/** Sends a signal to a run, as Ctrl+C does. */
export const signalRun = actionWith('run.signal', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, runId, signal } = parsedInput
  const call = { sandboxId, runId, body: { signal } }
  await targets().client(target).call(runOperations.signalRun, call, { signal: ctx.signal })
  return { runId }
})
