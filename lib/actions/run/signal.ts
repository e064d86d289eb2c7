'use server'

import { z } from 'zod'
import { signalName } from '@/lib/process-api/extensions'
import { runId } from '@/lib/process-api/ids'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const input = z.object({ ...sandboxFields, runId, signal: signalName })

/** Send a signal to a run, as Ctrl-C does. */
export const signalRun = actionWith(input).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, runId: run, signal } = parsedInput
  await targets().client(target).signalRun(sandboxId, run, signal, { signal: ctx.signal })
  return { runId: run }
})
