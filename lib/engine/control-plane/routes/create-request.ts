/** The body of `POST /sandbox`: what this engine does, and what it refuses rather than ignore (process API 3.5). */
import { z } from 'zod'
import { environmentProblem } from '@/lib/process-api/environment'
import { ApiError } from '@/lib/process-api/errors'
import { type CreateSandboxRequest, createSandboxRequestSchema } from '@/lib/process-api/sandbox'

const anythingSchema = z.unknown().optional()

/** Fields that change what a sandbox is or may do: a client that sends one must not believe that it holds. */
const unsupported = {
  buildInfo: 'images cannot be built by this engine: every sandbox sees the system of this machine',
  volumes: 'volumes are not supported by this engine',
  gpu: 'this engine has no GPUs to give',
  outboundProxyUrl: 'an outbound proxy is not supported by this engine',
  secrets: 'secrets are not supported by this engine; use env',
  linkedSandbox: 'linked sandboxes are not supported by this engine',
  autoPauseInterval: 'pausing is not supported by this engine; use autoStopInterval',
  spot: 'this engine has no GPUs to give',
  gpuType: 'this engine has no GPUs to give',
  otelEndpointOverride: 'telemetry is not supported by this engine',
  kvm: 'this engine cannot give /dev/kvm to a sandbox',
} as const

/** Unknown keys are dropped by the body reader, so those that are refused have to be known. */
export const createBodySchema = createSandboxRequestSchema.extend(
  Object.fromEntries(Object.keys(unsupported).map((name) => [name, anythingSchema])),
)

/** Throws `BAD_REQUEST` with one plain sentence. */
export function checkCreateRequest(request: CreateSandboxRequest): void {
  for (const [name, sentence] of Object.entries(unsupported)) {
    if (!isEmpty(request[name])) throw new ApiError('BAD_REQUEST', sentence)
  }
  if (request.user && request.user !== 'daytona') {
    throw new ApiError(
      'BAD_REQUEST',
      `every sandbox of this engine has the user daytona; '${request.user}' cannot be had`,
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
