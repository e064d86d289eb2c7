'use server'

import { z } from 'zod'
import { fileOperations } from '@/lib/process-api/operations/files'
import { targets } from '@/lib/targets/registry'
import { filePathSchema } from '@/lib/transfers/file-requests'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  path: filePathSchema,
  mode: z.string().regex(/^[0-7]{3,4}$/, 'The permissions must be three or four octal digits, such as 644'),
})

/** Sets the permission bits of a file or folder. */
export const setPermissions = actionWith('file.setPermissions', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, ...query } = parsedInput
  await targets().client(target).call(fileOperations.setFilePermissions, { sandboxId, query }, { signal: ctx.signal })
  return { path: query.path }
})
