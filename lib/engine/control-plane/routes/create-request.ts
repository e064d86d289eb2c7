/** Checks what a request for a sandbox asks for, beyond the form of its body. */
import { unsupportedSandboxOptions } from '@/lib/process-api/create-sandbox'
import { environmentProblem } from '@/lib/process-api/environment'
import { ApiError } from '@/lib/process-api/errors'
import type { CreateSandboxRequest } from '@/lib/process-api/sandbox'

/** Throws `BAD_REQUEST` with one plain sentence. */
export function checkCreateRequest(request: CreateSandboxRequest): void {
  for (const [name, sentence] of Object.entries(unsupportedSandboxOptions)) {
    if (!isEmpty(request[name])) throw new ApiError('BAD_REQUEST', sentence)
  }
  if (request.user && request.user !== 'daytona') {
    throw new ApiError(
      'BAD_REQUEST',
      `every sandbox of this engine has the user daytona; '${request.user}' is not available`,
    )
  }
  const problem = environmentProblem(request.env ?? {})
  if (problem !== null) throw new ApiError('BAD_REQUEST', problem)
}

/** Clients send empty values for what they do not use. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}
