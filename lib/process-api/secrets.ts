/** Wire schemas of the secrets that a sandbox gets from a vault (process API 5.9). */
import { z } from 'zod'

export const secretDtoSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  /** What stands in the sandbox's environment instead of the value. */
  placeholder: z.string(),
  hosts: z.array(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
})
export type SecretDto = z.infer<typeof secretDtoSchema>

export const secretPageSchema = z.object({
  items: z.array(secretDtoSchema),
  total: z.number().int(),
  nextCursor: z.string().nullable(),
})
export type SecretPage = z.infer<typeof secretPageSchema>

/** Body of `PUT /sandbox/{id}/secrets`: each entry maps a variable's name to a secret's. Replaces what was there. */
export const sandboxSecretsRequestSchema = z.object({ secrets: z.array(z.record(z.string(), z.string())) })

/** Answer of `GET /sandbox/{id}/secrets`. */
export const sandboxSecretsSchema = z.array(
  z.object({ env: z.string(), placeholder: z.string(), value: z.string(), hosts: z.array(z.string()) }),
)
export type SandboxSecrets = z.infer<typeof sandboxSecretsSchema>
