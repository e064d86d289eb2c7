/** Reads of the Files page. There are no events for files, so that shown folders and files are read again now and then. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { FileInfo } from '@/lib/process-api/files'
import { CallFailure, consoleUnreachable } from './call-failure'
import type { ContentResult, NameResult } from './file-search'
import { queryKeys } from './query-keys'
import { readJson, targetPath, toFailure } from './read'

const refreshMs = 5_000
/** A large folder is read less often: its list has megabytes. */
const largeFolder = 1_000
const largeRefreshMs = 30_000

/** Address of a file route with its path. */
export function fileUrl(target: string, sandboxId: string, route: string, query: Record<string, string>): string {
  const segments = route === '' ? [] : [route]
  return `${targetPath(target, 'sandboxes', sandboxId, 'files', ...segments)}?${new URLSearchParams(query)}`
}

export function workFolderQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: [...queryKeys.files(target, sandboxId), 'work-folder'],
    queryFn: async ({ signal }) =>
      (await readJson<{ path: string }>(targetPath(target, 'sandboxes', sandboxId, 'files', 'work-folder'), signal))
        .path,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** The entries of a folder. */
export function folderQuery(target: string, sandboxId: string, path: string) {
  return queryOptions({
    queryKey: [...queryKeys.files(target, sandboxId), 'folder', path],
    queryFn: ({ signal }) => readJson<FileInfo[]>(fileUrl(target, sandboxId, '', { path }), signal),
    refetchInterval: ({ state }) => ((state.data?.length ?? 0) > largeFolder ? largeRefreshMs : refreshMs),
    staleTime: 1_000,
  })
}

/** Size, time and mode of one file or folder. */
export function fileInfoQuery(target: string, sandboxId: string, path: string) {
  return queryOptions({
    queryKey: [...queryKeys.files(target, sandboxId), 'info', path],
    queryFn: ({ signal }) => readJson<FileInfo>(fileUrl(target, sandboxId, 'info', { path }), signal),
    refetchInterval: refreshMs,
    staleTime: 0,
    gcTime: 0,
  })
}

/** The beginning of a file. */
export interface FileHead {
  bytes: Uint8Array
  /** Whether `bytes` are the whole file. */
  whole: boolean
}

/** @param version changes with the file, so that a changed file is read again */
export function fileHeadQuery(target: string, sandboxId: string, path: string, version: string, maxBytes: number) {
  return queryOptions({
    queryKey: [...queryKeys.files(target, sandboxId), 'head', path, version, maxBytes],
    queryFn: ({ signal }) => readHead(fileUrl(target, sandboxId, 'download', { path }), maxBytes, signal),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  })
}

export function namesQuery(target: string, sandboxId: string, path: string, text: string) {
  return queryOptions({
    queryKey: [...queryKeys.files(target, sandboxId), 'names', path, text],
    queryFn: ({ signal }) => readJson<NameResult>(fileUrl(target, sandboxId, 'names', { path, text }), signal),
    gcTime: 0,
    retry: false,
  })
}

export function contentsQuery(target: string, sandboxId: string, path: string, text: string) {
  return queryOptions({
    queryKey: [...queryKeys.files(target, sandboxId), 'contents', path, text],
    queryFn: ({ signal }) => readJson<ContentResult>(fileUrl(target, sandboxId, 'contents', { path, text }), signal),
    gcTime: 0,
    retry: false,
  })
}

/** Reads at most `maxBytes` and then cancels the response, also from a target that ignores ranges. */
async function readHead(url: string, maxBytes: number, signal: AbortSignal): Promise<FileHead> {
  const stop = new AbortController()
  const within = AbortSignal.any([signal, stop.signal])
  const response = await fetch(url, { signal: within, headers: { range: `bytes=0-${maxBytes - 1}` } }).catch(
    (cause) => {
      if (signal.aborted) throw cause
      throw consoleUnreachable(cause)
    },
  )
  // The requested part of an empty file does not exist.
  if (response.status === 416) return { bytes: new Uint8Array(), whole: true }
  if (!response.ok) throw await toFailure(response)
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      length += chunk.byteLength
      if (length > maxBytes) break
    }
  } catch (cause) {
    if (signal.aborted) throw cause
    throw new CallFailure('FILE_READ_FAILED', 'The file could not be read to its end.', 0, 'Try again.', { cause })
  } finally {
    stop.abort()
  }
  const total = Number(response.headers.get('content-range')?.split('/')[1] ?? Number.NaN)
  const bytes = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer()).subarray(0, maxBytes)
  return { bytes, whole: Number.isNaN(total) ? length <= maxBytes : total <= bytes.byteLength }
}
