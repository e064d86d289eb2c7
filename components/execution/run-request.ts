/** Turns a draft into a request to start a run, and a past run back into a draft or request. */
import type { RunDetail, StartRunRequest } from '@/lib/process-api/extensions'
import { formatArguments, parseArguments } from './arguments'
import { type Draft, envRow, type Mode } from './draft'

/** The largest timeout of the process API, in seconds (32 bits: about 136 years). */
const maxTimeout = 4_294_967_295
const envName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** One sentence for each invalid field; valid fields are absent. */
export interface DraftProblems {
  text?: string
  arguments?: string
  env?: string
  timeout?: string
}

export type BuiltRequest = { ok: true; request: StartRunRequest } | { ok: false; problems: DraftProblems }

/** Why the name of an environment variable is invalid, or null. `others` are the names of the other rows. */
export function envNameProblem(name: string, others: readonly string[]): string | null {
  if (name === '') return 'Enter a name.'
  if (!envName.test(name)) return 'Use letters, digits and underscores; do not start with a digit.'
  if (others.includes(name)) return 'This name is already used.'
  return null
}

/** Validates a draft and builds the request. Completely empty rows of the environment are ignored. */
export function buildRequest(mode: Mode, draft: Draft): BuiltRequest {
  const problems: DraftProblems = {}
  if (draft.text.trim() === '') {
    problems.text = mode === 'shell' ? 'Write a command first.' : 'Write some code first.'
  }
  const parsed = parseArguments(mode === 'shell' ? '' : draft.arguments)
  if (!parsed.ok) problems.arguments = parsed.message

  const rows = draft.env.filter((row) => row.name !== '' || row.value !== '')
  const hasInvalidName = rows.some((row) =>
    envNameProblem(
      row.name,
      rows.filter((other) => other !== row).map((other) => other.name),
    ),
  )
  if (hasInvalidName) problems.env = 'A name in the environment is not valid.'

  const timeout = draft.timeout === null ? null : Number(draft.timeout)
  if (timeout !== null && (!/^\d+$/.test(draft.timeout ?? '') || timeout < 1 || timeout > maxTimeout)) {
    problems.timeout = 'The timeout must be a whole number of seconds, at least 1.'
  }
  if (Object.keys(problems).length > 0 || !parsed.ok) return { ok: false, problems }

  const common = {
    ...(draft.cwd.trim() === '' ? {} : { cwd: draft.cwd.trim() }),
    ...(rows.length === 0 ? {} : { envs: Object.fromEntries(rows.map((row) => [row.name, row.value])) }),
    ...(timeout === null ? {} : { timeout }),
  }
  return {
    ok: true,
    request:
      mode === 'shell'
        ? { kind: 'command', command: draft.text, ...common }
        : {
            kind: 'code',
            language: mode,
            code: draft.text,
            ...(parsed.argv.length === 0 ? {} : { argv: parsed.argv }),
            ...common,
          },
  }
}

/** Whether a run was read with the beginning of its code or command alone. */
export function hasCutText({ code, command, textLength }: RunDetail): boolean {
  return textLength !== undefined && textLength > (code ?? command ?? '').length
}

/** The request that a run was started with, to start it again. Null when its code was not stored. */
export function requestOf(run: RunDetail): StartRunRequest | null {
  const common = { cwd: run.cwd, envs: run.envs, timeout: run.timeoutSeconds }
  if (run.kind === 'command') return run.command === null ? null : { kind: 'command', command: run.command, ...common }
  if (run.code === null || run.language === null) return null
  return { kind: 'code', language: run.language, code: run.code, argv: run.argv, ...common }
}

/** A past run as a draft, to edit and run. */
export function draftOf(run: RunDetail): { mode: Mode; draft: Draft } {
  return {
    mode: run.kind === 'command' ? 'shell' : (run.language ?? 'python'),
    draft: {
      text: (run.kind === 'command' ? run.command : run.code) ?? '',
      arguments: formatArguments(run.argv),
      cwd: run.cwd,
      env: Object.entries(run.envs).map(([name, value]) => envRow(name, value)),
      timeout: run.timeoutSeconds === null ? null : String(run.timeoutSeconds),
      acceptsInput: true,
    },
  }
}
