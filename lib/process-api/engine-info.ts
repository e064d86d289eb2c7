/** Wire schemas of engine and toolbox information (2.7, 3.4). */
import { z } from 'zod'

/** The version of the reference whose wire contract an engine speaks; clients compare it. */
export const contractVersion = '0.190.0'

/** Response of the health routes. */
export const healthResponseSchema = z.object({ status: z.literal('ok'), version: z.string() })
export type HealthResponse = z.infer<typeof healthResponseSchema>

/** Response of `GET /config`; all keys are required by clients. */
export const engineConfigSchema = z.object({
  version: z.string(),
  oidc: z.object({ issuer: z.string(), clientId: z.string(), audience: z.string(), provider: z.string() }),
  linkedAccountsEnabled: z.boolean(),
  announcements: z.record(z.string(), z.unknown()),
  proxyTemplateUrl: z.string(),
  proxyToolboxUrl: z.string(),
  defaultSnapshot: z.string(),
  dashboardUrl: z.string(),
  maxAutoArchiveInterval: z.number().int(),
  /** Spelled so on the wire. */
  maintananceMode: z.boolean(),
  environment: z.string(),
})
export type EngineConfig = z.infer<typeof engineConfigSchema>

export const versionResponseSchema = z.object({ version: z.string() })
export type VersionResponse = z.infer<typeof versionResponseSchema>

/** Response of `GET /user-home-dir`, `/project-dir` and `/work-dir`. */
export const folderResponseSchema = z.object({ dir: z.string() })
export type FolderResponse = z.infer<typeof folderResponseSchema>
