/** The streamed requests of the Files page: downloads of files and folders, and uploads. Their paths are validated here. */
import { posix } from 'node:path'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { sandboxIdSchema } from '@/lib/process-api/ids'

/** An absolute path in a sandbox. Linux allows 4,096 bytes, and every character but NUL. */
export const filePathSchema = z
  .string()
  .regex(/^\/[^\0]*$/, 'not an absolute path')
  .refine((path) => Buffer.byteLength(path) <= 4_096, 'longer than 4,096 bytes')

export interface FileRequest {
  kind: 'download' | 'archive' | 'upload'
  target: string
  sandboxId: string
  path: string
  /** An upload may replace an existing file. */
  replace: boolean
}

const route = /^\/api\/targets\/([^/]+)\/sandboxes\/([^/]+)\/files\/(download|archive|upload)$/

const requestSchema = z.object({
  target: z.string().max(64),
  sandboxId: sandboxIdSchema,
  path: filePathSchema,
  replace: z.enum(['true', 'false']).default('false'),
})

/**
 * The streamed request of this method and address, or null for any other request.
 * @throws ApiError BAD_REQUEST for an invalid id or path
 */
export function matchFileRequest(method: string, url: URL): FileRequest | null {
  const [, target, sandboxId, kind] = route.exec(url.pathname) ?? []
  if (kind !== 'download' && kind !== 'archive' && kind !== 'upload') return null
  const isRead = method === 'GET' || method === 'HEAD'
  if (kind === 'upload' ? method !== 'PUT' : !isRead) return null
  const { searchParams: query } = url
  const parsed = requestSchema.safeParse({
    target: decoded(target),
    sandboxId: decoded(sandboxId),
    path: query.get('path') ?? '',
    replace: query.get('replace') ?? undefined,
  })
  if (!parsed.success) throw new ApiError('BAD_REQUEST', 'The address of this transfer is not valid.')
  return { kind, ...parsed.data, replace: parsed.data.replace === 'true' }
}

function decoded(segment = ''): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return '' // invalid percent-encoding: the checks that follow reject it
  }
}

/** `attachment` with a file name, by RFC 5987 for names that are not ASCII. */
export function attachment(name: string): string {
  const fallback = name.replace(/[^\x20-\x7e]/gu, '_').replace(/["\\%]/g, '_')
  const exact = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${fallback}"; filename*=UTF-8''${exact}`
}

/** The last segment of a path; `files` for the root. */
export function nameOf(path: string): string {
  return posix.basename(path) || 'files'
}
