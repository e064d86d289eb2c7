/** Reads what events and lists leave out of an execution: its whole text, its environment names, the end of its output. */
import { stripVTControlCharacters } from 'node:util'
import type { CallOptions, ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { Execution } from '@/lib/process-api/execution'
import type { JournalWindow } from '@/lib/process-api/extensions'
import { hasEnded } from '@/lib/process-api/has-ended'
import { type HistoryKey, maxStoredOutput, maxStoredText } from '@/lib/process-api/history'
import { contextRunJournal, interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { journalOf } from '@/lib/process-api/operations/journal'
import { runOperations } from '@/lib/process-api/operations/runs'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { TargetError } from '@/lib/process-api/problem'
import type { ExecutionDetails } from '@/lib/store/history/history-store'
import { capabilitiesOf } from '@/lib/targets/capability-cache'
import { plainRuns } from '@/lib/targets/plain-runs/shared'
import { localTargetName } from '@/lib/targets/registry'

const readTimeoutMs = 8_000
/**
 * Bytes of a response. Programs decide how long it is, and parsing 64 MiB takes the console a minute and gigabytes of
 * memory.
 */
const maxBytes = 2 * 1024 * 1024
/** One more than is stored shows that there is more. */
const textLimit = maxStoredText + 1
/** Characters have at most four bytes. */
const tailBytes = maxStoredOutput * 2
const maxArguments = 100
const maxNames = 500
/** Characters of an argument, of a name and of a path. */
const maxWordLength = 4_096
/** Characters of all arguments together, and of all names. */
const maxWordsLength = 16 * 1024

interface DetailsRead {
  key: HistoryKey
  client: ProcessApiClient
  /** What is known of the execution. */
  state: Pick<Execution, 'state'> & { outputBytes: number; stderrBytes: number }
  /** Whether its text is known already. */
  textComplete: boolean
}

/** @throws ApiError, TargetError or a timeout if the target does not respond, or no longer has the execution */
export async function readDetails(read: DetailsRead): Promise<{ language: string | null; details: ExecutionDetails }> {
  const { target, sandboxId, executionId } = read.key
  const isPlain = target !== localTargetName && (await isPlainTarget(read))
  const options = { signal: AbortSignal.timeout(readTimeoutMs), maxBytes }
  const ended = hasEnded(read.state.state)
  // At the same time, because a program often deletes its sandbox as soon as its command has ended.
  const [{ language, ...details }, output] = await Promise.all([
    textOf(read, isPlain, options),
    ended && !isPlain ? unlessRefused(outputOf(read, options)) : null,
  ])
  if (!ended) return { language, details }
  const complete = { ...details, detailedAt: Date.now() }
  // Without `detailedAt`, the output is read again when the history is next compared with the target.
  if (!isPlain) return { language, details: output === null ? details : { ...complete, ...output } }
  if (read.key.kind !== 'run') return { language, details: complete }
  const bytes = plainRuns().output({ target, sandboxId }, executionId)
  return { language, details: { ...complete, outputEnd: endOf(bytes.subarray(-tailBytes)) } }
}

/** Whether the target has no journals. A sandbox whose capabilities cannot be read may have some. */
async function isPlainTarget({ key, client }: DetailsRead): Promise<boolean> {
  const capabilities = await unlessRefused(
    capabilitiesOf(key.target, client, key.sandboxId).then((found) => ({ found })),
  )
  return capabilities !== null && capabilities.found?.extensions.journal === undefined
}

/** Null if the sandbox was deleted or cannot be reached: what was read before is stored anyway. */
async function unlessRefused<Result>(call: Promise<Result>): Promise<Result | null> {
  try {
    return await call
  } catch (error) {
    if (error instanceof ApiError || error instanceof TargetError) return null
    throw error
  }
}

type Text = Pick<ExecutionDetails, 'text' | 'envNames' | 'argv' | 'cwd'> & { language: string | null }

/** What was run, and with what. */
async function textOf(
  { key, client, textComplete }: DetailsRead,
  isPlain: boolean,
  options: CallOptions,
): Promise<Text> {
  const { target, sandboxId, kind, parentId, executionId } = key
  if (kind === 'run') {
    const run = isPlain
      ? plainRuns().get({ target, sandboxId }, executionId)
      : await client.call(runOperations.getRun, { sandboxId, runId: executionId, query: { textLimit } }, options)
    if (run === null) return { language: null }
    return {
      language: run.kind === 'command' ? 'shell' : run.language,
      text: (run.kind === 'code' ? run.code : run.command) ?? '',
      envNames: namesOf(run.envs),
      argv: wordsOf(run.argv, maxArguments),
      cwd: run.cwd.slice(0, maxWordLength),
    }
  }
  if (kind === 'cell') {
    const call = { sandboxId, id: parentId, run: executionId, query: { textLimit, items: 'none' as const } }
    const [run, context] = await Promise.all([
      client.call(interpreterOperations.getContextRun, call, options),
      client.call(interpreterOperations.getContext, { sandboxId, id: parentId }, options),
    ])
    return { language: context.language, text: run.code, envNames: namesOf(run.envs) }
  }
  if (textComplete) return { language: 'shell' }
  const call = { sandboxId, sessionId: parentId, commandId: executionId }
  return { language: 'shell', text: (await client.call(sessionOperations.getCommand, call, options)).command }
}

/** The end of the output, from the journal. */
async function outputOf({ key, client, state }: DetailsRead, options: CallOptions) {
  const { sandboxId, kind, parentId, executionId } = key
  const read = async (query: { tail: number; stream?: 'stderr' }) => {
    const cell = { sandboxId, id: parentId, run: executionId, query }
    if (kind === 'cell') return windowText(await client.call(contextRunJournal.read, cell, options))
    const ref =
      kind === 'run'
        ? ({ kind, runId: executionId } as const)
        : ({ kind, sessionId: parentId, commandId: executionId } as const)
    return windowText(await client.call(journalOf(ref).read, { sandboxId, ...ref, query }, options))
  }
  const { outputBytes, stderrBytes } = state
  const outputEnd = outputBytes === 0 ? '' : await read({ tail: tailBytes })
  if (stderrBytes === 0) return { outputEnd }
  return {
    outputEnd,
    stderrEnd: stderrBytes === outputBytes ? outputEnd : await read({ tail: tailBytes, stream: 'stderr' }),
  }
}

function namesOf(envs: Readonly<Record<string, string>>): string[] {
  return wordsOf(Object.keys(envs).sort(), maxNames)
}

/** The first words, each cut to its maximum length. */
function wordsOf(words: readonly string[], maxCount: number): string[] {
  let left = maxWordsLength
  return words.slice(0, maxCount).flatMap((word) => {
    const shown = word.slice(0, maxWordLength)
    left -= shown.length
    return left < 0 ? [] : [shown]
  })
}

function windowText(window: JournalWindow): string {
  return endOf(Buffer.concat(window.chunks.map((chunk) => Buffer.from(chunk.data, 'base64'))))
}

/** Without colours, and without what a carriage return has overwritten. */
function endOf(bytes: Uint8Array): string {
  const text = stripVTControlCharacters(Buffer.from(bytes).toString('utf8')).replaceAll('\r\n', '\n')
  return text.replace(/[^\n]*\r(?!$)/gm, '').slice(-maxStoredOutput)
}
