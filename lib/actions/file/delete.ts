'use server'

import { z } from 'zod'
import { fileOperations } from '@/lib/process-api/operations/files'
import { targets } from '@/lib/targets/registry'
import { filePathSchema } from '@/lib/transfers/file-requests'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, path: filePathSchema, recursive: z.boolean() })

/** Deletes a file, a link, or with `recursive` a folder with its contents. */
export const deleteFile = actionWith('file.delete', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, path, recursive } = parsedInput
  const query = { path, recursive: recursive ? ('true' as const) : ('false' as const) }
  await targets().client(target).call(fileOperations.deleteFile, { sandboxId, query }, { signal: ctx.signal })
  return { path }
})
