'use server'

import { z } from 'zod'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { labelsRequestSchema } from '@/lib/process-api/sandbox'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

/** Replaces all labels of a sandbox. */
export const setLabels = actionWith(
  'sandbox.setLabels',
  z.object({ ...sandboxFields, ...labelsRequestSchema.shape }),
).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, labels } = parsedInput
  const call = { id: sandboxId, body: { labels } }
  await targets().client(target).call(sandboxOperations.setSandboxLabels, call, { signal: ctx.signal })
  // Some deployments return the labels alone, so the sandbox is read.
  return await targets().client(target).call(sandboxOperations.getSandbox, { id: sandboxId }, { signal: ctx.signal })
})
