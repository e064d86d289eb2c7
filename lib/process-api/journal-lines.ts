/** The extension `lines`: line numbers, times and offsets of a journal, and an overview of all of it. */
import { z } from 'zod'
import { journalStreamSchema } from './extensions'

/** Query of `GET …/journal/overview`. */
export const overviewQuerySchema = z.object({
  /** Number of parts. */
  buckets: z.coerce.number().int().min(1).max(1000).default(300),
  /** Parts of the same duration, or of the same number of bytes. */
  by: z.enum(['time', 'bytes']).default('time'),
})
export type OverviewQuery = z.output<typeof overviewQuerySchema>

/** Offsets and sizes count both streams. */
export const journalOverviewSchema = z.object({
  size: z.number().int(),
  /** All lines, an unfinished last line included. */
  lines: z.number().int(),
  /** `bytes` where all output arrived at the same time. */
  by: z.enum(['time', 'bytes']),
  /** When the first and the last byte arrived, ms since epoch; null where that is not recorded. */
  startMs: z.number().nullable(),
  endMs: z.number().nullable(),
  /** Offset of each part, then the size. */
  offsets: z.array(z.number().int()),
  /** Line feeds in each part. */
  lineCounts: z.array(z.number().int()),
  /** Bytes of stderr in each part. */
  stderrBytes: z.array(z.number().int()),
})
export type JournalOverview = z.infer<typeof journalOverviewSchema>

/** Query of `GET …/journal/locate`: exactly one of line, time, percent and offset. With `stream`, all count that stream only. */
export const locateQuerySchema = z.object({
  /** From 1. A line after the last one is the last one. */
  line: z.coerce.number().int().min(1).optional(),
  /** ms since epoch. */
  time: z.coerce.number().min(0).max(8.64e15).optional(),
  percent: z.coerce.number().min(0).max(100).optional(),
  offset: z.coerce.number().int().min(0).optional(),
  stream: journalStreamSchema.optional(),
})
export type LocateQuery = z.output<typeof locateQuerySchema>

/** Response of `…/journal/locate`. */
export const lineLocationSchema = z.object({
  /** Number of the line, from 1. */
  line: z.number().int(),
  /** Offset of the line. */
  lineOffset: z.number().int(),
  /** The requested position; `lineOffset` if a line was requested. */
  offset: z.number().int(),
  /** When it arrived, ms since epoch; null where that is not recorded. */
  wallMs: z.number().nullable(),
  /** All lines, and all bytes. */
  lines: z.number().int(),
  size: z.number().int(),
})
export type LineLocation = z.infer<typeof lineLocationSchema>
