/**
 * Wire schemas of previews (1.2, 3.4): links to a port of a sandbox, what identifies a sandbox in them, and file links
 * that are signed (5.11).
 */
import { z } from 'zod'

export { previewUrlSchema as previewUrl } from './sandbox'

/** Ports that a `public` sandbox does not open to strangers: web terminal, toolbox, recordings. */
export const alwaysPrivatePorts: ReadonlySet<number> = new Set([22_222, 2280, 33_333])

/** The toolbox itself, as a port of a preview host. */
export const toolboxPort = 2280

/** The forms in which a preview token travels. */
export const previewTokenHeader = 'x-daytona-preview-token'
export const previewTokenQuery = 'DAYTONA_SANDBOX_AUTH_KEY'
/** Followed by what identifies the sandbox in the host name: its id, or a signed token. */
export const previewCookiePrefix = 'daytona-sandbox-auth-'

/** Query of `GET …/signed-preview-url`. */
export const signedPreviewQuerySchema = z.object({
  expiresInSeconds: z.coerce.number().int().min(1).max(86_400).default(60),
  /** Sandglass extension: `name` gives the link a host name even where an address would work. */
  form: z.enum(['name']).optional(),
})

/** The token identifies the sandbox and this one port in a host name, until it expires. */
export const signedPreviewUrlSchema = z.object({
  sandboxId: z.string(),
  port: z.number().int(),
  token: z.string(),
  url: z.string(),
})
export type SignedPreviewUrl = z.infer<typeof signedPreviewUrlSchema>

/** Response of `GET /preview/{id}/preview-warning`: whether a page warns before a preview is shown. */
export const previewWarningSchema = z.object({ enabled: z.boolean() })
export type PreviewWarning = z.infer<typeof previewWarningSchema>

/** Query of a signed file link, besides the parameters of the route itself. `expires` is in Unix seconds; 0 never expires. */
export const fileSignatureSchema = z.object({
  path: z.string().min(1),
  expires: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
  signature: z.string().regex(/^v1_/),
})
