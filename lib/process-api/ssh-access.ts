/** Wire schemas of SSH access to a sandbox. */
import { z } from 'zod'

/** Answer of `GET /sandbox/ssh-access/validate`; the id is empty where the token belongs to no sandbox. */
export const sshAccessValidationSchema = z.object({ valid: z.boolean(), sandboxId: z.string() })
export type SshAccessValidation = z.infer<typeof sshAccessValidationSchema>
