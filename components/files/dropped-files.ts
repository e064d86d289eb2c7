/** The files of a drop or of a file field, with their paths below the folder that they are stored in. */
import { joinPath } from './paths'
import type { UploadFile } from './upload-queue'

/** Files and whole folders of a drop. Must be called while the event is handled, because its items vanish afterwards. */
export function droppedFiles(folder: string, transfer: DataTransfer): Promise<UploadFile[]> {
  const roots = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  return collect(folder, roots)
}

/** Files of a field; with `webkitdirectory` they have relative paths. */
export function chosenFiles(folder: string, files: FileList): UploadFile[] {
  return [...files].map((file) => ({ path: joinPath(folder, file.webkitRelativePath || file.name), file }))
}

async function collect(folder: string, entries: readonly FileSystemEntry[]): Promise<UploadFile[]> {
  const found: UploadFile[] = []
  for (const entry of entries) {
    const path = joinPath(folder, entry.name)
    if (isFile(entry)) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject))
      found.push({ path, file })
    } else if (isFolder(entry)) {
      found.push(...(await collect(path, await childrenOf(entry))))
    }
  }
  return found
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
