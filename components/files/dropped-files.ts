/** The files of a drop or of a file field, with their paths below the folder that they are stored in. */
import { joinPath } from './paths'
import type { UploadFile } from './upload-queue'

export interface Dropped {
  files: UploadFile[]
  /** Folders without any file, which no upload creates. */
  emptyFolders: string[]
}

/** Files and whole folders of a drop. Must be called while the event is handled, because its items vanish afterwards. */
export async function droppedFiles(folder: string, transfer: DataTransfer): Promise<Dropped> {
  const roots = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  const dropped: Dropped = { files: [], emptyFolders: [] }
  await collect(folder, roots, dropped)
  return dropped
}

/** Files of a field; with `webkitdirectory` they have relative paths. */
export function chosenFiles(folder: string, files: FileList): UploadFile[] {
  return [...files].map((file) => ({ path: joinPath(folder, file.webkitRelativePath || file.name), file }))
}

async function collect(folder: string, entries: readonly FileSystemEntry[], dropped: Dropped): Promise<void> {
  for (const entry of entries) {
    const path = joinPath(folder, entry.name)
    if (isFile(entry)) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject))
      dropped.files.push({ path, file })
    } else if (isFolder(entry)) {
      const children = await childrenOf(entry)
      if (children.length === 0) dropped.emptyFolders.push(path)
      await collect(path, children, dropped)
    }
  }
}

/** A reader returns at most a hundred entries at a time. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (part.length === 0) return all
    all.push(...part)
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}
