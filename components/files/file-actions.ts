'use client'
import { useState } from 'react'
import { useCopyFile, useCreateFolder, useMoveFile, useWriteFile } from './file-mutations'
import type { PathRequest } from './path-dialog'
import { nameOf, parentOf } from './paths'

export interface FileActions {
  newFile: (folder: string) => void
  newFolder: (folder: string) => void
  /** Creates it at once, for a drop. */
  createFolder: (path: string) => Promise<unknown>
  rename: (path: string) => void
  move: (path: string) => void
  copy: (path: string) => void
  /** Moves at once, for a drag. */
  moveInto: (source: string, folder: string) => Promise<void>
  onDeleted: (path: string) => void
}

/** The root and the folders below it belong to the system. */
export function isDeletable(path: string): boolean {
  return path !== '/'
}

/**
 * The changes that need a name, and the request that is being asked for.
 * @param onMoved is called with the old path, null for a new one, and the path to show now
 */
export function useFileActions(
  sandboxId: string,
  onMoved: (from: string | null, to: string) => void,
  onDeleted: (path: string) => void,
) {
  const [request, setRequest] = useState<PathRequest | null>(null)
  const write = useWriteFile(sandboxId)
  const createFolder = useCreateFolder(sandboxId)
  const moveFile = useMoveFile(sandboxId)
  const copyFile = useCopyFile(sandboxId)
  const moveTo = async (source: string, destination: string) => {
    await moveFile.mutateAsync({ source, destination })
    onMoved(source, destination)
  }
  const actions: FileActions = {
    newFile: (folder) =>
      setRequest({
        title: 'New file',
        label: 'Name',
        confirm: 'Create',
        folder,
        initial: '',
        async submit(path) {
          await write.mutateAsync({ path, text: '', expected: null })
          onMoved(null, path)
        },
      }),
    newFolder: (folder) =>
      setRequest({
        title: 'New folder',
        label: 'Name',
        confirm: 'Create',
        folder,
        initial: '',
        async submit(path) {
          await createFolder.mutateAsync(path)
          onMoved(null, path)
        },
      }),
    createFolder: (path) => createFolder.mutateAsync(path),
    rename: (path) =>
      setRequest({
        title: 'Rename',
        label: 'New name',
        confirm: 'Rename',
        folder: parentOf(path),
        initial: nameOf(path),
        submit: (destination) => moveTo(path, destination),
      }),
    move: (path) =>
      setRequest({
        title: 'Move',
        label: 'New path',
        confirm: 'Move',
        folder: parentOf(path),
        initial: path,
        submit: (destination) => moveTo(path, destination),
      }),
    copy: (path) =>
      setRequest({
        title: 'Copy',
        label: 'Path of the copy',
        confirm: 'Copy',
        folder: parentOf(path),
        initial: copyName(nameOf(path)),
        async submit(destination) {
          await copyFile.mutateAsync({ source: path, destination })
          onMoved(null, destination)
        },
      }),
    moveInto: (source, folder) => moveTo(source, folder === '/' ? `/${nameOf(source)}` : `${folder}/${nameOf(source)}`),
    onDeleted,
  }
  return { actions, request, closeRequest: () => setRequest(null) }
}

/** `report copy.txt` for `report.txt`. */
function copyName(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? `${name.slice(0, dot)} copy${name.slice(dot)}` : `${name} copy`
}
