'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTarget } from '@/components/target/target-provider'
import { copyFile } from '@/lib/actions/file/copy'
import { createFolder } from '@/lib/actions/file/create-folder'
import { deleteFile } from '@/lib/actions/file/delete'
import { moveFile } from '@/lib/actions/file/move'
import { setPermissions } from '@/lib/actions/file/set-permissions'
import { writeFile } from '@/lib/actions/file/write'
import { queryKeys } from '@/lib/queries/query-keys'
import { unwrapAction } from '@/lib/queries/unwrap-action'
import type { Version } from './edits'

/** A change of the files of a sandbox; afterwards everything shown of them is read again. */
function useFileMutation<Input, Output>(
  sandboxId: string,
  change: (fields: { target: string; sandboxId: string }, input: Input) => Promise<Output>,
) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (input: Input) => change({ target, sandboxId }, input),
    onSettled: () => cache.invalidateQueries({ queryKey: queryKeys.files(target, sandboxId) }),
  })
}

export interface SaveRequest {
  path: string
  text: string
  /** The version that was edited; null for a new file; left out to overwrite whatever is there. */
  expected?: Version | null
}

export function useWriteFile(sandboxId: string) {
  return useFileMutation(sandboxId, (fields, request: SaveRequest) =>
    unwrapAction(writeFile({ ...fields, ...request })),
  )
}

export function useCreateFolder(sandboxId: string) {
  return useFileMutation(sandboxId, (fields, path: string) => unwrapAction(createFolder({ ...fields, path })))
}

export interface Relocation {
  source: string
  destination: string
}

export function useMoveFile(sandboxId: string) {
  return useFileMutation(sandboxId, (fields, request: Relocation) => unwrapAction(moveFile({ ...fields, ...request })))
}

export function useCopyFile(sandboxId: string) {
  return useFileMutation(sandboxId, (fields, request: Relocation) => unwrapAction(copyFile({ ...fields, ...request })))
}

export function useDeleteFile(sandboxId: string) {
  return useFileMutation(sandboxId, (fields, request: { path: string; recursive: boolean }) =>
    unwrapAction(deleteFile({ ...fields, ...request })),
  )
}

export function useSetPermissions(sandboxId: string) {
  return useFileMutation(sandboxId, (fields, request: { path: string; mode: string }) =>
    unwrapAction(setPermissions({ ...fields, ...request })),
  )
}
