/** A notebook file of a sandbox, read and written with a version, so that nobody overwrites what they have not seen. */
import { createHash } from 'node:crypto'
import { type ProcessApiClient, targetHeaders } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { queryText } from '@/lib/process-api/operations/address'
import { fileOperations } from '@/lib/process-api/operations/files'
import { TargetError } from '@/lib/process-api/problem'
import { refusal } from '@/lib/process-api/refusal'

/** Larger notebooks are neither opened nor saved. */
export const maxNotebookBytes = 24 * 1024 * 1024

export interface NotebookFile {
  text: string
  /** Changes with the content. */
  version: string
}

interface Options {
  signal: AbortSignal
}

/** Null where there is no such file. */
export async function readNotebook(
  client: ProcessApiClient,
  sandboxId: string,
  path: string,
  options: Options,
): Promise<NotebookFile | null> {
  try {
    const { size } = await client.call(fileOperations.getFileInfo, { sandboxId, query: { path } }, options)
    if (size > maxNotebookBytes) {
      throw new ApiError('PAYLOAD_TOO_LARGE', `This file is larger than ${maxNotebookBytes / 1024 / 1024} MB.`)
    }
    const response = await client.send(fileOperations.downloadFile, { sandboxId, query: { path } }, options)
    const bytes = Buffer.from(await response.arrayBuffer())
    return { text: bytes.toString('utf8'), version: versionOf(bytes) }
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

/**
 * Writes the file if it is still as the caller knows it.
 * @param expected the version that the caller has read or written last; null if there was no file
 * @returns the new version, or null if the file has another content by now
 */
export async function saveNotebook(
  client: ProcessApiClient,
  sandboxId: string,
  file: { path: string; text: string; expected: string | null },
  options: Options,
): Promise<string | null> {
  const current = await readNotebook(client, sandboxId, file.path, options)
  if ((current?.version ?? null) !== file.expected) return null
  const bytes = Buffer.from(file.text)
  const form = new FormData()
  form.append('file', new Blob([bytes]), 'notebook.ipynb')
  const toolboxUrl = await client.toolboxUrlOf(sandboxId, options)
  const url = toolboxUrl + fileOperations.uploadFile.path + queryText({ path: file.path })
  let response: Response
  try {
    const headers = targetHeaders(client.endpoint.apiKey)
    response = await fetch(url, { method: 'POST', headers, body: form, signal: options.signal, redirect: 'manual' })
  } catch (cause) {
    options.signal.throwIfAborted()
    throw new TargetError('TARGET_UNREACHABLE', 'The target is not responding.', { cause })
  }
  if (!response.ok) throw refusal(response.status, await response.text())
  return versionOf(bytes)
}

function versionOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
