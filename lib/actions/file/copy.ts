'use server'

import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { commandOperations } from '@/lib/process-api/operations/commands'
import { targets } from '@/lib/targets/registry'
import { filePathSchema } from '@/lib/transfers/file-requests'
import { fileInfoOrNull } from '@/lib/transfers/file-upload'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, source: filePathSchema, destination: filePathSchema })

/** Below the 9.5 s of an action, so that the command is ended and reported instead of continuing unseen. */
const copyTimeoutSeconds = 8
const noSuchCommand = 127

/** Copies a file or folder with `cp`, because the process API has no operation for it. */
export const copyFile = actionWith('file.copy', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, source, destination } = parsedInput
  const client = targets().client(target)
  const { signal } = ctx
  if (await fileInfoOrNull(client, sandboxId, destination, signal)) {
    throw new ApiError('CONFLICT', 'A file or folder with this name already exists.')
  }
  const command = `cp -a -- ${quote(source)} ${quote(destination)}`
  const body = { command, timeout: copyTimeoutSeconds }
  const { exitCode, result } = await client.call(commandOperations.execute, { sandboxId, body }, { signal })
  if (exitCode === noSuchCommand) throw new ApiError('NOT_IMPLEMENTED', 'This sandbox has no cp command to copy with.')
  if (exitCode !== 0) throw new ApiError('UNPROCESSABLE_ENTITY', result.trim().slice(0, 300) || 'The copy failed.')
  return { path: destination }
})

/** One word of a shell command, whatever the path contains. */
function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`
}
