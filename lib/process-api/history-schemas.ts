/** What requests for the history carry. */
import { z } from 'zod'
import { historyIdPattern } from './id-pattern'
import { sandboxIdSchema } from './ids'

/** Position in the list: time in milliseconds and number of the last entry of the page before. */
export const historyCursorSchema = z
  .string()
  .regex(/^-?\d{1,16}\.\d{1,16}$/, 'a position is a time and a number')
  .transform((text) => {
    const [at, id] = text.split('.').map(Number)
    return { at: at ?? 0, id: id ?? 0 }
  })
export type HistoryCursor = z.output<typeof historyCursorSchema>

export const historyQuerySchema = z.object({
  q: z.string().max(1_000).default(''),
  sandbox: sandboxIdSchema.optional(),
  before: historyCursorSchema.optional(),
})

/** Ids of entries come back in addresses. */
export const historyIdSchema = z.string().regex(historyIdPattern, 'the number of an entry is a positive whole number')

export const historyNoteSchema = z.object({
  pinned: z.boolean().optional(),
  name: z.string().trim().max(100).optional(),
  tags: z
    .array(
      z
        .string()
        .trim()
        .regex(/^[^\s,"]{1,40}$/, 'a tag has 1 to 40 characters and no spaces, commas or quotation marks'),
    )
    .max(20)
    .optional(),
})
export type HistoryNote = z.infer<typeof historyNoteSchema>
