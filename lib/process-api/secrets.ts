/** Wire schemas of the secrets that a sandbox gets from a vault (process API 5.9). */
import { z } from 'zod'

export const secretDto = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  /** What stands in the sandbox's environment instead of the value. */
  placeholder: z.string(),
  hosts: z.array(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
})
export type SecretDto = z.infer<typeof secretDto>

export const secretPage = z.object({
  items: z.array(secretDto),
  total: z.number().int(),
  nextCursor: z.string().nullable(),
})
export type SecretPage = z.infer<typeof secretPage>

/** Body of `PUT /sandbox/{id}/secrets`: each entry maps a variable's name to a secret's. Replaces what was there. */
export const sandboxSecretsRequest = z.object({ secrets: z.array(z.record(z.string(), z.string())) })

/** Answer of `GET /sandbox/{id}/secrets`. */
export const sandboxSecrets = z.array(
  z.object({ env: z.string(), placeholder: z.string(), value: z.string(), hosts: z.array(z.string()) }),
)
export type SandboxSecrets = z.infer<typeof sandboxSecrets>
