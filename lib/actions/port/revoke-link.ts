'use server'

import { z } from 'zod'
import { linkOperations } from '@/lib/process-api/operations/previews'
import { portNumberSchema } from '@/lib/process-api/ports'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, port: portNumberSchema, token: z.string().min(1).max(256) })

/** Revokes a signed link to a port. */
export const revokePortLink = actionWith('port.revokeLink', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, port, token } = parsedInput
  const call = { id: sandboxId, port, token }
  await targets().client(target).call(linkOperations.expireSignedPreviewUrl, call, { signal: ctx.signal })
  return { token }
})
