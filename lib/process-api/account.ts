/** Wire schemas of users, organizations, keys and regions, as the official clients of 0.218 read them. */
import { z } from 'zod'

const time = z.iso.datetime()

export const userSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  emailVerified: z.boolean(),
  publicKeys: z.array(z.object({ key: z.string(), name: z.string() })),
  createdAt: time,
})

/** Quotas are cores and GiB. */
export const organizationSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdBy: z.string(),
  personal: z.boolean(),
  createdAt: time,
  updatedAt: time,
  suspended: z.boolean(),
  suspendedAt: time.nullable(),
  suspensionReason: z.string(),
  suspendedUntil: time.nullable(),
  suspensionCleanupGracePeriodHours: z.number(),
  maxCpuPerSandbox: z.number(),
  maxMemoryPerSandbox: z.number(),
  maxDiskPerSandbox: z.number(),
  secretQuota: z.number(),
  maxSecretsPerSandbox: z.number(),
  snapshotDeactivationTimeoutMinutes: z.number(),
  sandboxLimitedNetworkEgress: z.boolean(),
  previewWarningEnabled: z.boolean(),
  ssoEnabled: z.boolean(),
  defaultRegionId: z.string(),
  authenticatedRateLimit: z.number().nullable(),
  sandboxCreateRateLimit: z.number().nullable(),
  sandboxLifecycleRateLimit: z.number().nullable(),
  experimentalConfig: z.record(z.string(), z.unknown()),
  otelConfig: z.null(),
  authenticatedRateLimitTtlSeconds: z.number().nullable(),
  sandboxCreateRateLimitTtlSeconds: z.number().nullable(),
  sandboxLifecycleRateLimitTtlSeconds: z.number().nullable(),
})

export const organizationUserSchema = z.object({
  userId: z.string(),
  organizationId: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.enum(['owner', 'member']),
  assignedRoles: z.array(z.unknown()),
  createdAt: time,
  updatedAt: time,
})

/** `value` is masked. */
export const apiKeySchema = z.object({
  name: z.string(),
  value: z.string(),
  createdAt: time,
  permissions: z.array(z.string()),
  lastUsedAt: time.nullable(),
  expiresAt: time.nullable(),
  userId: z.string(),
})

export const regionSchema = z.object({
  id: z.string(),
  name: z.string(),
  organizationId: z.string().nullable(),
  regionType: z.enum(['shared', 'dedicated', 'custom']),
  createdAt: time,
  updatedAt: time,
  proxyUrl: z.string().nullable(),
})
