'use server'

import { z } from 'zod'
import { saveNotebook as saveAt } from '@/lib/target-data/notebook-file'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  path: z.string().min(1).max(4096),
  text: z.string(),
  /** The version of the file that the page knows; null if there was none. */
  expected: z.string().nullable(),
})

/** Saves a notebook in the sandbox. `version` is null, and nothing was written, if somebody else changed the file. */
export const saveNotebook = actionWith('notebook.save', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, ...file } = parsedInput
  return { version: await saveAt(targets().client(target), sandboxId, file, { signal: ctx.signal }) }
})
