'use server'

import { z } from 'zod'
import { targets } from '@/lib/targets/registry'
import { filePathSchema } from '@/lib/transfers/file-requests'
import { saveText } from '@/lib/transfers/save-text'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  path: filePathSchema,
  text: z.string(),
  /** The version that was edited; null for a file that must not exist yet. Left out: write whatever is there. */
  expected: z.object({ size: z.number().int(), modifiedAt: z.string() }).nullish(),
})

/** Writes a text file, unless somebody else changed it meanwhile (CONFLICT). Returns its new information. */
export const writeFile = actionWith('file.write', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, ...save } = parsedInput
  return await saveText(targets().client(target), { ...save, signal: ctx.signal })
})
