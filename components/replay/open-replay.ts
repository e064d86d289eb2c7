/** Opens what an address names, or a file of this computer, as something that can be replayed. */
import { readJson, targetPath } from '@/lib/queries/read'
import { type ByteReader, blobReader, CastSource } from '@/lib/replay/cast-source'
import type { ReplayMark, ReplaySource } from '@/lib/replay/replay-event'
import { type ReplayInfo, type ReplayRef, replayQuery } from '@/lib/replay/replay-ref'
import { castUrl, urlReader } from './file-source'
import { findInCast } from './find-in-cast'
import { JournalSource } from './journal-source'

export interface OpenedReplay {
  info: ReplayInfo
  source: ReplaySource
  /** Why the end cannot be replayed, as a sentence; null where all of it can. */
  problem: string | null
  /** The output comes from a pipe and not from a terminal. */
  isPlainOutput: boolean
  marks(): readonly ReplayMark[]
  /** The times at which a text was printed. */
  find(text: string, signal: AbortSignal): Promise<readonly ReplayMark[]>
}

export async function openReplay(
  target: string,
  sandboxId: string,
  ref: ReplayRef,
  signal: AbortSignal,
): Promise<OpenedReplay> {
  const address = targetPath(target, 'sandboxes', sandboxId, 'replay', 'info')
  const info = await readJson<ReplayInfo>(`${address}?${new URLSearchParams(replayQuery(ref))}`, signal)
  const url = castUrl(target, sandboxId, ref)
  if (url !== null) return await openCast(info, urlReader(url, info.bytes), signal)
  const source = await JournalSource.open({ target, sandboxId, ref }, info.isRunning, signal)
  return {
    info,
    source,
    problem: null,
    isPlainOutput: true,
    marks: () => source.marks,
    find: (text, within) => source.find(text, within),
  }
}

export async function openLocalFile(file: File, signal: AbortSignal): Promise<OpenedReplay> {
  const startedAt = file.lastModified / 1000
  const info = { title: file.name, startedAt, exitCode: null, isRunning: false, bytes: file.size, message: null }
  return await openCast(info, blobReader(file), signal)
}

async function openCast(info: ReplayInfo, reader: ByteReader, signal: AbortSignal): Promise<OpenedReplay> {
  const source = await CastSource.open(reader, signal, info.isRunning)
  const { header, problem } = source
  return {
    info: { ...info, title: header.title ?? info.title, startedAt: header.startedAt ?? info.startedAt },
    source,
    problem: problem && `${problem.message} What comes before it can be replayed.`,
    isPlainOutput: false,
    marks: () => source.marks,
    find: (text, within) => findInCast(source, text, within),
  }
}
