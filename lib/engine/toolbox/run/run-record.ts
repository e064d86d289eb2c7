/** What is stored of a run, and how the API shows it. */
import { z } from 'zod'
import type { RunDetail, RunSummary } from '@/lib/process-api/extensions'
import { codeLanguageSchema, envsSchema } from '@/lib/process-api/process'
import { headOf } from '@/lib/process-api/text-head'
import type { ExecutionRecord } from '../execution/record'

/** In memory for each run, so nothing in it may be long. */
export const runDetailsSchema = z.object({
  kind: z.enum(['command', 'code']),
  language: codeLanguageSchema.nullable(),
  title: z.string().max(1000),
  origin: z.enum(['api', 'run']),
  streams: z.enum(['split', 'merged']),
  timeoutSeconds: z.number().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
})
export type RunDetails = z.infer<typeof runDetailsSchema>

/** What the run executes; read from disk when a client asks for it. */
export const runRequestSchema = z.object({
  /** The command, or the code. */
  text: z.string(),
  argv: z.array(z.string()),
  envs: envsSchema,
  /** Absolute. */
  cwd: z.string(),
})
export type RunRequest = z.infer<typeof runRequestSchema>

export type RunRecord = ExecutionRecord<RunDetails>

export function runSummaryOf(record: RunRecord): RunSummary {
  return { id: record.id, ...record.details, ...record.snapshot() }
}

/**
 * @param request null if it cannot be read
 * @param textLimit of the command or code; all of it when left out
 */
export function runDetailOf(record: RunRecord, request: RunRequest | null, textLimit?: number): RunDetail {
  const isCode = record.details.kind === 'code'
  const text = request === null ? null : headOf(request.text, textLimit)
  return {
    ...runSummaryOf(record),
    command: isCode ? null : text,
    code: isCode ? text : null,
    argv: request?.argv ?? [],
    envs: request?.envs ?? {},
    cwd: request?.cwd ?? '',
    ...(request === null ? {} : { textLength: request.text.length }),
  }
}
