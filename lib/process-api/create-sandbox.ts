/** The body of `POST /sandbox`, with the options of the reference that this engine refuses (process API 3.5). */
import { z } from 'zod'
import { createSandboxRequestSchema } from './sandbox'

/** Options that change what a sandbox is or may do. They are refused, so that clients learn that they have no effect. */
export const unsupportedSandboxOptions = {
  buildInfo: 'this engine cannot build images: sandboxes use the system files of this machine',
  volumes: 'volumes are not supported by this engine',
  gpu: 'GPUs are not supported by this engine',
  outboundProxyUrl: 'an outbound proxy is not supported by this engine',
  secrets: 'secrets are not supported by this engine; use env',
  linkedSandbox: 'linked sandboxes are not supported by this engine',
  autoPauseInterval: 'pausing is not supported by this engine; use autoStopInterval',
  spot: 'GPUs are not supported by this engine',
  gpuType: 'GPUs are not supported by this engine',
  otelEndpointOverride: 'telemetry is not supported by this engine',
  kvm: 'this engine cannot pass /dev/kvm through to a sandbox',
} as const

const anythingSchema = z.unknown().optional()

/** Unknown keys are dropped when a body is read, so the refused ones are declared. */
export const createSandboxBodySchema = createSandboxRequestSchema.extend(
  Object.fromEntries(Object.keys(unsupportedSandboxOptions).map((name) => [name, anythingSchema])),
)
