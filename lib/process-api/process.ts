/** Wire schemas of execute, code-run and sessions, with Sandglass's extra fields (which other clients ignore). */
import { z } from 'zod'
import { executionSchema, verification } from './execution'
import { sessionIdSchema } from './ids'

/** Seconds, as on the wire; 0, null or absent means no limit. */
export const timeoutSecondsSchema = z.number().int().min(0).max(4_294_967_295)

/** Execute, code-run and runs check names so; the toolbox words its own message for it. */
export const envNamePattern = /^[A-Za-z_][A-Za-z0-9_]*$/

export const envsSchema = z.record(z.string(), z.string())

/** More do not fit into the 2 MiB that the kernel takes as arguments and environment of a program. */
const maxArguments = 200_000
export const argumentsSchema = z.array(z.string()).max(maxArguments)

export const executeRequestSchema = z.object({
  command: z.string().min(1),
  timeout: timeoutSecondsSchema.nullish(),
  cwd: z.string().nullish(),
  envs: envsSchema.nullish(),
})
export type ExecuteRequest = z.infer<typeof executeRequestSchema>

export const executeResponseSchema = z.object({ exitCode: z.number().int(), result: z.string() })
export type ExecuteResponse = z.infer<typeof executeResponseSchema>

export const codeLanguageSchema = z.enum(['python', 'javascript', 'typescript'])
export type CodeLanguage = z.infer<typeof codeLanguageSchema>

export const codeRunRequestSchema = z.object({
  code: z.string().min(1),
  /** Checked by hand: an unknown language has its own wire message. */
  language: z.string().min(1),
  argv: argumentsSchema.nullish(),
  envs: envsSchema.nullish(),
  timeout: timeoutSecondsSchema.nullish(),
})
export type CodeRunRequest = z.infer<typeof codeRunRequestSchema>

export const codeRunResponseSchema = z.object({
  exitCode: z.number().int(),
  result: z.string(),
  artifacts: z.object({ charts: z.array(z.unknown()) }).optional(),
})
export type CodeRunResponse = z.infer<typeof codeRunResponseSchema>

/** `cwd` and `envs` are extensions: the reference ignores them. */
export const createSessionRequestSchema = z.object({
  sessionId: z.string().min(1),
  cwd: z.string().nullish(),
  envs: envsSchema.nullish(),
})
export type CreateSessionRequest = z.infer<typeof createSessionRequestSchema>

/** Query of `DELETE /process/session/{id}`, an extension: processes that outlived their command and shall go on. */
export const deleteSessionQuerySchema = z.object({
  /** Pids with commas between them. */
  keep: z
    .string()
    .regex(/^(\d{1,10}(,\d{1,10})*)?$/, 'a list of pids with commas between them')
    .default('')
    .transform((text) => new Set(text.split(',').filter(Boolean).map(Number))),
})

export const sessionExecuteRequestSchema = z.object({
  command: z.string().min(1),
  runAsync: z.boolean().nullish(),
  async: z.boolean().nullish(),
  suppressInputEcho: z.boolean().nullish(),
  /** Extension (capability `input`): overrides what `runAsync` implies (async: open; sync: closed). */
  stdin: z.enum(['open', 'closed']).nullish(),
})
export type SessionExecuteRequest = z.infer<typeof sessionExecuteRequestSchema>

export const sessionExecuteResponseSchema = z.object({
  cmdId: z.string(),
  output: z.string().nullable(),
  stdout: z.string().nullable(),
  stderr: z.string().nullable(),
  exitCode: z.number().int().nullable(),
})
export type SessionExecuteResponse = z.infer<typeof sessionExecuteResponseSchema>

/** The reference's command: `exitCode` is absent while queued, running or unknown. */
export const commandSchema = z.object({ id: z.string(), command: z.string(), exitCode: z.number().int().optional() })

/** Bytes of a command's text that lists and events carry; whoever asks for one command gets all of it. */
export const maxListedCommandBytes = 4 * 1024

/** What the engine adds to a command. `waiting` is true where the command reads its terminal or pipe right now. */
export const commandDetailSchema = commandSchema.extend({
  ...executionSchema.omit({ exitCode: true }).shape,
  /** `wait`: the caller waited and stdin was at end-of-file; `background`: stdin stays open. */
  mode: z.enum(['wait', 'background']),
  /** True where `command` is only the beginning of the text; left out where it is all of it. */
  commandTruncated: z.boolean().optional(),
})
export type CommandDetail = z.infer<typeof commandDetailSchema>

export const sessionStateSchema = z.enum(['idle', 'running', 'ended'])
export type SessionState = z.infer<typeof sessionStateSchema>

export const sessionSchema = z.object({ sessionId: z.string(), commands: z.array(commandSchema) })

/** How a command ended, as short as a list needs it. */
export const verdictSchema = executionSchema.pick({ state: true, exitCode: true, signal: true, reason: true })
export type Verdict = z.infer<typeof verdictSchema>

/** What the engine adds to a session. A session that ended keeps its commands until it is deleted. */
export const sessionSummarySchema = z.object({
  sessionId: z.string(),
  state: sessionStateSchema,
  /** Null only where the target keeps no times. */
  createdAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  message: z.string().nullable(),
  /** The working directory that the shell started in; null where the target does not tell. */
  cwd: z.string().nullable(),
  commandCount: z.number().int(),
  queuedCount: z.number().int(),
  /** How the command that ended last ended; null while none has. */
  lastVerdict: verdictSchema.nullable().default(null),
  /** True for the entrypoint session, which cannot be deleted or used. */
  system: z.boolean(),
  ...verification,
})
export type SessionSummary = z.infer<typeof sessionSummarySchema>

export const sessionDetailSchema = sessionSummarySchema.extend({ commands: z.array(commandDetailSchema) })
export type SessionDetail = z.infer<typeof sessionDetailSchema>

/** `newline: false` and `eof` are extensions (capability `input`); `data` may then be empty with `eof`. */
export const inputRequestSchema = z.object({
  data: z.string().default(''),
  newline: z.boolean().default(true),
  eof: z.boolean().default(false),
})
export type InputRequest = z.input<typeof inputRequestSchema>

/** Input as it has to be sent: an empty line becomes its newline, because `data` must not be empty. */
export function inputBody(input: InputRequest): InputRequest {
  const { data = '', newline = true } = input
  return data === '' && newline ? { ...input, data: '\n', newline: false } : input
}

export const sessionLogsSchema = z.object({ output: z.string(), stdout: z.string(), stderr: z.string() })
export type SessionLogs = z.infer<typeof sessionLogsSchema>

export { sessionIdSchema as sessionId }
