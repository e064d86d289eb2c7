'use server'

import { z } from 'zod'
import { linkOperations } from '@/lib/process-api/operations/previews'
import { portNumberSchema } from '@/lib/process-api/ports'
import { signedPreviewQuerySchema } from '@/lib/process-api/previews'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  port: portNumberSchema,
  expiresInSeconds: signedPreviewQuerySchema.shape.expiresInSeconds,
})

/** Creates a signed link to a port. `expiresAt` is in milliseconds since the epoch. */
export const createPortLink = actionWith('port.createLink', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, port, expiresInSeconds } = parsedInput
  const call = { id: sandboxId, port, query: { expiresInSeconds, form: 'name' } } as const
  const expiresAt = Date.now() + expiresInSeconds * 1000
  const client = targets().client(target)
  const { token, url } = await client.call(linkOperations.getSignedPreviewUrl, call, { signal: ctx.signal })
  return { port, token, url, expiresAt }
})
