/** The body of `POST /sandbox`, with the options of the reference that this engine refuses (process API 3.5). */
import { z } from 'zod'
import { createSandboxRequestSchema } from './sandbox'

/** Options that change what a sandbox is or may do. A client that sends one has to learn that it has no effect. */
export const unsupportedSandboxOptions = {
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

const anythingSchema = z.unknown().optional()

/** Unknown keys are dropped when a body is read, so the refused ones have to be known. */
export const createSandboxBodySchema = createSandboxRequestSchema.extend(
  Object.fromEntries(Object.keys(unsupportedSandboxOptions).map((name) => [name, anythingSchema])),
)
