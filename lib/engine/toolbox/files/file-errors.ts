/** Maps file system errors to the codes and messages of the wire contract. */
import { getSystemErrorMap } from 'node:util'
import { ApiError, type ErrorCode } from '@/lib/process-api/errors'

const codes: Record<string, ErrorCode> = {
  ENOENT: 'FILE_NOT_FOUND',
  EACCES: 'FILE_ACCESS_DENIED',
  EPERM: 'FILE_ACCESS_DENIED',
  EROFS: 'FILE_ACCESS_DENIED',
  ENOTDIR: 'INVALID_FILE_PATH',
  EISDIR: 'INVALID_FILE_PATH',
  ELOOP: 'INVALID_FILE_PATH',
  ENAMETOOLONG: 'INVALID_FILE_PATH',
  EINVAL: 'INVALID_FILE_PATH',
  ENOTEMPTY: 'INVALID_FILE_PATH',
  EEXIST: 'INVALID_FILE_PATH',
  ENXIO: 'INVALID_FILE_PATH',
  EBUSY: 'CONFLICT',
  ETXTBSY: 'CONFLICT',
  ENOSPC: 'INSUFFICIENT_STORAGE',
  EDQUOT: 'INSUFFICIENT_STORAGE',
  EFBIG: 'INSUFFICIENT_STORAGE',
}

const words: Partial<Record<ErrorCode, string>> = {
  FILE_NOT_FOUND: 'file not found',
  FILE_ACCESS_DENIED: 'permission denied',
}

/** The code of a system error, such as `ENOENT`; undefined for other errors. */
export function errorName(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

const texts = new Map([...getSystemErrorMap().values()])

/** The reason of a failure in the system's words: `no space left on device`. */
export function reasonOf(error: unknown): string {
  if (error instanceof ApiError) return error.message
  const name = errorName(error)
  return (name && texts.get(name)) ?? 'an unexpected error occurred'
}

/**
 * The error that a client sees for a failure on `path` (as the client sent it).
 * An error without a system code is returned unchanged and becomes a 500 without its text.
 */
export function fileFailure(error: unknown, path: string): unknown {
  const name = errorName(error)
  if (error instanceof ApiError || name === undefined || !texts.has(name)) return error
  const code = codes[name] ?? 'FILE_READ_FAILED'
  return new ApiError(code, `${words[code] ?? reasonOf(error)}: ${path}`, {}, { cause: error })
}

/** Run `work` and convert its failures to errors about `path`. */
export async function withPathErrors<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw fileFailure(error, path)
  }
}
