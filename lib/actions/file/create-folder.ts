'use server'

import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { fileOperations } from '@/lib/process-api/operations/files'
import { targets } from '@/lib/targets/registry'
import { filePathSchema } from '@/lib/transfers/file-requests'
import { fileInfoOrNull } from '@/lib/transfers/file-upload'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, path: filePathSchema })

/** Creates a folder. An existing one is a conflict, because the person expects a new one. */
export const createFolder = actionWith('file.createFolder', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, path } = parsedInput
  const client = targets().client(target)
  if (await fileInfoOrNull(client, sandboxId, path, ctx.signal)) {
    throw new ApiError('CONFLICT', 'A file or folder with this name already exists.')
  }
  await client.call(fileOperations.createFolder, { sandboxId, query: { path } }, { signal: ctx.signal })
  return { path }
})
