/** Opens asciicast files: one of a sandbox or a recording through the console, or one of this computer. */
import { CallFailure, consoleUnreachable } from '@/lib/queries/call-failure'
import { fileUrl } from '@/lib/queries/file-reads'
import { targetPath, toFailure } from '@/lib/queries/read'
import type { ByteReader } from '@/lib/replay/cast-source'
import type { ReplayRef } from '@/lib/replay/replay-ref'

/** The address of a recording or of a file, for its bytes. */
export function castUrl(target: string, sandboxId: string, ref: ReplayRef): string | null {
  if (ref.kind === 'recording') return targetPath(target, 'sandboxes', sandboxId, 'recordings', ref.recordingId)
  return ref.kind === 'file' ? fileUrl(target, sandboxId, 'download', { path: ref.path }) : null
}

/** @param size as the file had it when it was opened; what is appended later is not read */
export function urlReader(url: string, size: number): ByteReader {
  return { size, read: (from, to, signal) => readPart(url, from, to, signal) }
}

async function readPart(url: string, from: number, to: number, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { signal, headers: { range: `bytes=${from}-${to - 1}` } }).catch((cause) => {
    if (signal.aborted) throw cause
    throw consoleUnreachable(cause)
  })
  if (!response.ok) throw await toFailure(response)
  if (response.status !== 206) {
    await response.body?.cancel()
    throw new CallFailure(
      'TARGET_UNSUPPORTED',
      'This target does not send files in parts, so that they cannot be replayed.',
      response.status,
    )
  }
  return new Uint8Array(await response.arrayBuffer())
}
