'use server'

import { z } from 'zod'
import { fileOperations } from '@/lib/process-api/operations/files'
import { targets } from '@/lib/targets/registry'
import { filePathSchema } from '@/lib/transfers/file-requests'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, source: filePathSchema, destination: filePathSchema })

/** Moves or renames a file or folder. What is at the destination is never replaced. */
export const moveFile = actionWith('file.move', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, ...query } = parsedInput
  await targets().client(target).call(fileOperations.moveFile, { sandboxId, query }, { signal: ctx.signal })
  return { path: query.destination }
})
