/** The extension `matches`: search of a whole journal by text, regular expression, stream, time and level, line by line. */
import { z } from 'zod'
import { journalStreamSchema } from './extensions'
import { logLevels } from './log-levels'

const flagSchema = z
  .enum(['0', '1'])
  .default('0')
  .transform((value) => value === '1')

/** Maximum context lines before and after a matching line. */
export const maxContextLines = 20
/** Maximum lines in one response of `…/journal/lines`. */
export const maxMatchedLines = 500

/** What a line must have to match. An empty text matches every line. Offsets are those of the stream if there is one. */
export const lineFilterSchema = z.object({
  text: z.string().max(1000).default(''),
  /** Whether the text is a regular expression in RE2's syntax, whether case matters, and whether only whole words count. */
  regex: flagSchema,
  case: flagSchema,
  word: flagSchema,
  stream: journalStreamSchema.optional(),
  level: z.enum(logLevels).optional(),
  /** Lines that arrived from this time on and before that time, ms since epoch. */
  since: z.coerce.number<string | number>().min(0).max(8.64e15).optional(),
  until: z.coerce.number<string | number>().min(0).max(8.64e15).optional(),
})
export type LineFilter = z.output<typeof lineFilterSchema>

/** Query of `GET …/journal/matches`. */
export const matchesQuerySchema = lineFilterSchema.extend({
  /** How many positions to return; counting continues after them. */
  limit: z.coerce.number<string | number>().int().min(0).max(10_000).default(1000),
  /** Number of parts, of the same size, in which matching lines are counted. */
  buckets: z.coerce.number<string | number>().int().min(1).max(1000).default(300),
})
export type MatchesQuery = z.output<typeof matchesQuerySchema>

/** Lines of the response of `…/journal/matches`, each one JSON text. */
export const matchesMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    /** Matching lines so far. */
    lines: z.number().int(),
    /** Bytes searched so far, of how many. */
    searched: z.number().int(),
    size: z.number().int(),
  }),
  /** Offsets of matches, one for each line, in order. */
  z.object({ type: z.literal('hits'), offsets: z.array(z.number().int()) }),
  z.object({
    type: z.literal('end'),
    lines: z.number().int(),
    searched: z.number().int(),
    size: z.number().int(),
    /** Matching lines in each part of the journal. */
    buckets: z.array(z.number().int()),
    /** False if the search stopped at its time limit. */
    complete: z.boolean(),
  }),
])
export type MatchesMessage = z.infer<typeof matchesMessageSchema>

/** Query of `GET …/journal/next`. */
export const nextMatchQuerySchema = lineFilterSchema.extend({
  from: z.coerce.number<string | number>().int().min(0).optional(),
  direction: z.enum(['forward', 'backward']).default('forward'),
})
export type NextMatchQuery = z.output<typeof nextMatchQuerySchema>

/** Query of `GET …/journal/lines`. */
export const matchingLinesQuerySchema = lineFilterSchema.extend({
  /** Lines before and after each matching line. */
  context: z.coerce.number<string | number>().int().min(0).max(maxContextLines).default(0),
  /** Offset of the first line. */
  from: z.coerce.number<string | number>().int().min(0).optional(),
  limit: z.coerce.number<string | number>().int().min(1).max(maxMatchedLines).default(200),
})
export type MatchingLinesQuery = z.output<typeof matchingLinesQuerySchema>

export const matchingLinesSchema = z.object({
  lines: z.array(
    z.object({
      /** Number of the line, from 1, and its offset. */
      line: z.number().int(),
      offset: z.number().int(),
      /** The start of the line, without its end. */
      text: z.string(),
      /** False for a line of context. */
      matches: z.boolean(),
    }),
  ),
  /** Where the next page starts; null if there are no more lines. */
  next: z.number().int().nullable(),
})
export type MatchingLines = z.infer<typeof matchingLinesSchema>

/** Query of `GET …/journal/filtered`: a download of the matching lines. */
export const filteredQuerySchema = lineFilterSchema.extend({
  context: z.coerce.number<string | number>().int().min(0).max(maxContextLines).default(0),
})
