/** Links to one file that need no other credential (process API 5.11): signed by a client, verified here. */
import { createHmac } from 'node:crypto'
import { ApiError } from '@/lib/process-api/errors'
import { fileSignatureSchema } from '@/lib/process-api/previews'
import { secretsEqual } from './credentials'

/** What a link may be used for; the signature covers the method. */
const signedRoutes = new Map([
  ['GET /files/download', 'GET'],
  ['HEAD /files/download', 'GET'],
  ['POST /files/upload-v2', 'POST'],
])

/** Whether a request is authenticated by its signature alone. */
export function isSignedFileRequest(method: string | undefined, path: string, query: URLSearchParams): boolean {
  return signedRoutes.has(`${method} ${path}`) && (query.get('signature') ?? '') !== ''
}

/**
 * Verify a signed link. Throws 401 with the problem.
 * @param signingKey null when the sandbox is unknown or has none
 * @param now Unix seconds
 */
export function requireFileSignature(
  method: string | undefined,
  path: string,
  query: URLSearchParams,
  signingKey: string | null,
  now: number,
): void {
  const refuse = (sentence: string) => new ApiError('UNAUTHORIZED', sentence)
  // The toolbox could take another one of several values than the one that was signed.
  for (const name of ['path', 'expires', 'signature']) {
    if (query.getAll(name).length > 1) throw refuse(`${name} query parameter is missing or invalid`)
  }
  const parsed = fileSignatureSchema.safeParse({
    path: query.get('path') ?? '',
    expires: query.get('expires') ?? '',
    signature: query.get('signature') ?? '',
  })
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0] ?? 'signature')
    throw refuse(
      name === 'signature' ? 'unsupported signature scheme' : `${name} query parameter is missing or invalid`,
    )
  }
  const { path: file, expires, signature } = parsed.data
  const text = `v1:files:${signedRoutes.get(`${method} ${path}`)}:${file}:${query.get('expires')}`
  // Without a key, a comparison still takes place, so that timing does not reveal which sandboxes exist.
  const expected = `v1_${createHmac('sha256', signingKey ?? 'none')
    .update(text)
    .digest('base64url')}`
  if (!secretsEqual(signature, expected) || signingKey === null) throw refuse('invalid signature')
  if (expires !== 0 && now > expires) throw refuse('signature is expired')
}
