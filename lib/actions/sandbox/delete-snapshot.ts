'use server'

import { z } from 'zod'
import { snapshotOperations } from '@/lib/process-api/operations/snapshots'
import { targets } from '@/lib/targets/registry'
import { actionWith, targetField } from '../action-client'

/** Deletes a snapshot. Sandboxes that were created from it are not affected. */
export const deleteSnapshot = actionWith(
  'sandbox.deleteSnapshot',
  z.object({ ...targetField, snapshotId: z.string().min(1).max(256) }),
).action(async ({ parsedInput, ctx }) => {
  const { target, snapshotId } = parsedInput
  await targets().client(target).call(snapshotOperations.deleteSnapshot, { id: snapshotId }, { signal: ctx.signal })
  return { snapshotId }
})
