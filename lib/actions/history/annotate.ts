'use server'

import { z } from 'zod'
import { available } from '@/lib/history/available'
import { history } from '@/lib/history/shared'
import { ApiError } from '@/lib/process-api/errors'
import { historyNoteSchema } from '@/lib/process-api/history-schemas'
import { actionWith, targetField } from '../action-client'

const inputSchema = z.object({ ...targetField, entryId: z.number().int().positive(), note: historyNoteSchema })

/** Pins, names or tags an entry of the history. */
export const annotateEntry = actionWith('history.annotate', inputSchema).action(
  async ({ parsedInput: { target, entryId, note } }) => {
    const { found } = available(await history().annotate(target, entryId, note))
    if (!found) throw new ApiError('NOT_FOUND', 'The history no longer has this entry.')
    return { entryId }
  },
)
