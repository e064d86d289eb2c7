/** The server side of replays: what is replayed, when its output arrived, and its events in windows. */
import { z } from 'zod'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import {
  type JournalTimeline,
  type JournalWindow,
  journalQuerySchema,
  journalSearchSchema,
} from '@/lib/process-api/extensions'
import { hasEnded } from '@/lib/process-api/has-ended'
import { commandIdSchema, contextIdSchema, runIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import { fileOperations } from '@/lib/process-api/operations/files'
import { interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { type ExecutionRef, journalOf } from '@/lib/process-api/operations/journal'
import { ptyOperations } from '@/lib/process-api/operations/pty'
import { runOperations } from '@/lib/process-api/operations/runs'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { TargetError } from '@/lib/process-api/problem'
import type { ReplayInfo, ReplayRef } from '@/lib/replay/replay-ref'
import { hasJournals } from '@/lib/targets/capability-cache'
import { filePathSchema } from '@/lib/transfers/file-requests'

/** An index of millions of records takes a second to read. */
const timelineTimeoutMs = 60_000

export const replayRefSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run'), runId: runIdSchema }),
  z.object({ kind: z.literal('command'), sessionId: sessionIdSchema, commandId: commandIdSchema }),
  z.object({ kind: z.literal('cell'), contextId: contextIdSchema, runId: runIdSchema }),
  z.object({ kind: z.literal('recording'), recordingId: z.uuid() }),
  z.object({ kind: z.literal('file'), path: filePathSchema }),
]) satisfies z.ZodType<ReplayRef>

export interface ReplayRead {
  target: string
  client: ProcessApiClient
  sandboxId: string
  ref: ReplayRef
  signal: AbortSignal
}

/** Parses the query that names what is replayed. */
export function parseReplayRef(query: URLSearchParams): ReplayRef {
  const ref = replayRefSchema.safeParse(Object.fromEntries(query))
  if (!ref.success) throw new ApiError('BAD_REQUEST', 'The address does not say what to replay.')
  return ref.data
}

/** Throws `TARGET_UNSUPPORTED` with a sentence where the target records no times. */
export async function readReplayInfo(read: ReplayRead): Promise<ReplayInfo> {
  const { client, sandboxId, ref, signal } = read
  if (ref.kind === 'file') {
    const { size, name, modTime } = await client.call(
      fileOperations.getFileInfo,
      { sandboxId, query: { path: ref.path } },
      { signal },
    )
    return { ...complete, title: name, startedAt: secondsOf(modTime), bytes: size }
  }
  await requireReplay(read)
  if (ref.kind === 'recording') {
    const call = { sandboxId, recording: ref.recordingId }
    const recording = await client.call(ptyOperations.getPtyRecording, call, { signal })
    const { ptyId, startedAt, endedAt, bytes, message } = recording
    return {
      ...complete,
      title: ptyId,
      startedAt: secondsOf(startedAt),
      isRunning: endedAt === null,
      bytes,
      message: message && `The recording is incomplete: ${message}.`,
    }
  }
  const { title, execution } = await readExecution(client, sandboxId, ref, signal)
  const { startedAt, state, exitCode = null, output } = execution
  return {
    title,
    startedAt: startedAt === null ? null : secondsOf(startedAt),
    exitCode,
    isRunning: !hasEnded(state),
    bytes: output.bytes,
    message:
      output.droppedBytes > 0 ? `${output.droppedBytes} bytes of the output were not recorded, and are missing.` : null,
  }
}

export async function readReplayTimeline(read: ReplayRead): Promise<JournalTimeline> {
  await requireReplay(read)
  const { client, sandboxId, signal } = read
  const options = { signal, deadlineMs: timelineTimeoutMs }
  return await client.call(journalOf(executionOf(read.ref)).timeline, { sandboxId }, options)
}

/** A window of the journal, streamed through. */
export async function sendReplayWindow(read: ReplayRead, query: URLSearchParams): Promise<Response> {
  const { client, sandboxId, signal } = read
  const range = journalQuerySchema.safeParse(Object.fromEntries(query))
  if (!range.success) throw new ApiError('BAD_REQUEST', 'The window in this address is not valid.')
  const call = { sandboxId, query: range.data }
  const window = await client.send(journalOf(executionOf(read.ref)).read, call, { signal })
  return new Response(window.body, {
    headers: { 'content-type': 'application/json', 'cache-control': 'private, no-store' },
  })
}

export async function readReplayWindow(read: ReplayRead, from: number, to: number): Promise<JournalWindow> {
  const { client, sandboxId, signal } = read
  return await client.call(journalOf(executionOf(read.ref)).read, { sandboxId, query: { from, to } }, { signal })
}

/** Where the next match is in the journal. */
export async function searchReplay(read: ReplayRead, query: URLSearchParams) {
  const { client, sandboxId, signal } = read
  const search = journalSearchSchema.safeParse(Object.fromEntries(query))
  if (!search.success) throw new ApiError('BAD_REQUEST', 'The search in this address is not valid.')
  const flag = (value: boolean) => (value ? '1' : '0')
  const call = {
    sandboxId,
    query: { ...search.data, case: flag(search.data.case), word: flag(search.data.word) },
  } as const
  return await client.call(journalOf(executionOf(read.ref)).search, call, { signal, deadlineMs: timelineTimeoutMs })
}

/** A part of a recording or of a file. @param to after the last byte */
export async function readCastPart(read: ReplayRead, from: number, to: number): Promise<Uint8Array> {
  const { client, sandboxId, ref, signal } = read
  const options = { signal, range: `bytes=${from}-${to - 1}` }
  const response =
    ref.kind === 'recording'
      ? await client.send(ptyOperations.downloadPtyRecording, { sandboxId, recording: ref.recordingId }, options)
      : await client.send(fileOperations.downloadFile, { sandboxId, query: { path: pathOf(ref) } }, options)
  if (response.status !== 206) {
    await response.body?.cancel()
    throw new TargetError(
      'TARGET_UNSUPPORTED',
      'This target does not send files in parts, so that none can be replayed.',
    )
  }
  return new Uint8Array(await response.arrayBuffer())
}

function pathOf(ref: ReplayRef): string {
  if (ref.kind !== 'file') throw new ApiError('BAD_REQUEST', 'This is not a file.')
  return ref.path
}

const complete = { exitCode: null, isRunning: false, message: null }

async function requireReplay({ target, client, sandboxId }: ReplayRead): Promise<void> {
  if (await hasJournals(target, client, sandboxId, 'replay')) return
  throw new TargetError(
    'TARGET_UNSUPPORTED',
    'This target does not record when output arrived, so that it cannot be replayed.',
  )
}

function executionOf(ref: ReplayRef): ExecutionRef {
  if (ref.kind === 'recording' || ref.kind === 'file') throw new ApiError('BAD_REQUEST', 'This has no journal.')
  return ref
}

async function readExecution(client: ProcessApiClient, sandboxId: string, ref: ExecutionRef, signal: AbortSignal) {
  if (ref.kind === 'run') {
    const run = await client.call(
      runOperations.getRun,
      { sandboxId, runId: ref.runId, query: { textLimit: 0 } },
      { signal },
    )
    return { title: run.title, execution: run }
  }
  if (ref.kind === 'command') {
    const { sessionId, commandId } = ref
    const command = await client.call(sessionOperations.getCommand, { sandboxId, sessionId, commandId }, { signal })
    return { title: command.command, execution: command }
  }
  const call = { sandboxId, id: ref.contextId, run: ref.runId, query: { textLimit: 0, items: 'none' as const } }
  const run = await client.call(interpreterOperations.getContextRun, call, { signal })
  return { title: run.title, execution: run }
}

function secondsOf(time: string): number | null {
  const ms = Date.parse(time)
  return Number.isNaN(ms) ? null : ms / 1000
}
