'use server'

import { z } from 'zod'
import { available } from '@/lib/history/available'
import { history } from '@/lib/history/shared'
import { actionWith, targetField } from '../action-client'

const inputSchema = z.object({ ...targetField, entryId: z.number().int().positive() })

/** Removes an entry from the history of the console. */
export const removeEntry = actionWith('history.remove', inputSchema).action(
  async ({ parsedInput: { target, entryId } }) => {
    available(await history().remove(target, entryId))
    return { entryId }
  },
)
