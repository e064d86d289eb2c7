/**
 * Wire schemas of the git routes. Paths are the sandbox's own; a relative one starts at its working directory.
 * Shapes: the OpenAPI description of the SDK's toolbox client, 0.205 and newer.
 */
import { z } from 'zod'

const path = z.string().min(1)
/** Names of branches, remotes and revisions become arguments, so they must not look like options. */
const nameSchema = z.string().regex(/^[^-\0\n][^\0\n]*$/, 'must not start with "-" or contain a newline or NUL')
const wordSchema = z.string().regex(/^[^\0\n\r]*$/, 'must not contain a newline or NUL')
const namesSchema = z.array(z.string().regex(/^[^\0]+$/, 'must not be empty or contain NUL'))
const filesSchema = namesSchema.min(1)
/** An empty text counts as absent: some clients send every field. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' || value === null ? undefined : value), schema.optional())
const credentials = { username: optional(wordSchema), password: optional(wordSchema) }

export const gitCloneRequestSchema = z.object({
  url: nameSchema,
  path,
  branch: optional(nameSchema),
  commit_id: optional(z.string().regex(/^[0-9a-fA-F]{4,64}$/, 'must be the hexadecimal id of a commit')),
  depth: optional(z.number().int().min(0)),
  insecure_skip_tls: optional(z.boolean()),
  ...credentials,
})
export const gitBranchRequestSchema = z.object({ name: nameSchema, path })
export const gitCheckoutRequestSchema = z.object({ branch: nameSchema, path })
export const gitAddRequestSchema = z.object({ files: filesSchema, path })
export const gitCommitRequestSchema = z.object({
  path,
  message: z.string().min(1),
  author: wordSchema.min(1),
  email: wordSchema.min(1),
  allow_empty: optional(z.boolean()),
})
export const gitPullRequestSchema = z.object({
  path,
  remote: optional(nameSchema),
  branch: optional(nameSchema),
  ...credentials,
})
export const gitPushRequestSchema = gitPullRequestSchema.extend({ set_upstream: optional(z.boolean()) })
export const gitInitRequestSchema = z.object({
  path,
  bare: optional(z.boolean()),
  initial_branch: optional(nameSchema),
})
export const gitResetRequestSchema = z.object({
  path,
  mode: optional(z.enum(['soft', 'mixed', 'hard', 'merge', 'keep'])),
  target: optional(nameSchema),
  files: optional(namesSchema),
})
export const gitRestoreRequestSchema = z.object({
  path,
  files: filesSchema,
  source: optional(nameSchema),
  staged: optional(z.boolean()),
  worktree: optional(z.boolean()),
})
export const gitAddRemoteRequestSchema = z.object({
  path,
  name: nameSchema,
  url: nameSchema,
  fetch: optional(z.boolean()),
  overwrite: optional(z.boolean()),
})
export const gitConfigScopeSchema = z.enum(['local', 'global', 'system'])
const scope = optional(gitConfigScopeSchema)
export const gitConfigKeySchema = z
  .string()
  .regex(/^[A-Za-z][\w-]*(\.[^\n\0]+)?\.[A-Za-z][\w-]*$/, 'must be a section and a name, such as user.name')
export const gitSetConfigRequestSchema = z.object({
  key: gitConfigKeySchema,
  value: z.string().regex(/^[^\0]*$/, 'must not contain NUL'),
  path: optional(path),
  scope,
})
export const gitConfigureUserRequestSchema = z.object({
  name: wordSchema.min(1),
  email: wordSchema.min(1),
  path: optional(path),
  scope,
})
export const gitAuthenticateRequestSchema = z.object({
  username: wordSchema.min(1),
  password: wordSchema.min(1),
  host: optional(wordSchema),
  protocol: optional(wordSchema),
})

export const gitFileStateSchema = z.enum([
  'Unmodified',
  'Untracked',
  'Modified',
  'Added',
  'Deleted',
  'Renamed',
  'Copied',
  'Updated but unmerged',
])
export type GitFileState = z.infer<typeof gitFileStateSchema>

/** `extra` is the former name of a renamed or copied file. */
export const gitFileStatusSchema = z.object({
  name: z.string(),
  extra: z.string(),
  staging: gitFileStateSchema,
  worktree: gitFileStateSchema,
})

/** `ahead` and `behind` count commits relative to `upstream`. */
export const gitStatusSchema = z.object({
  currentBranch: z.string(),
  fileStatus: z.array(gitFileStatusSchema),
  ahead: z.number().int().optional(),
  behind: z.number().int().optional(),
  branchPublished: z.boolean().optional(),
  upstream: z.string().optional(),
  detached: z.boolean().optional(),
})
export type GitStatus = z.infer<typeof gitStatusSchema>

export const gitBranchesSchema = z.object({ branches: z.array(z.string()), current: z.string().optional() })
export const gitCommitResponseSchema = z.object({ hash: z.string() })
export const gitRemotesSchema = z.object({ remotes: z.array(z.object({ name: z.string(), url: z.string() })) })
export const gitConfigValueSchema = z.object({ value: z.string().optional() })
/** `timestamp` is RFC 3339. */
export const gitCommitInfoSchema = z.object({
  hash: z.string(),
  author: z.string(),
  email: z.string(),
  message: z.string(),
  timestamp: z.string(),
})
export type GitCommitInfo = z.infer<typeof gitCommitInfoSchema>
