/** Wire schemas of the file routes (2.6). Paths are the sandbox's own; a relative one starts at its working directory. */
import { z } from 'zod'

/** Modes are octal text (`0644`), owner and group numeric ids as text, `size` bytes. Links are followed. */
export const fileInfoSchema = z.object({
  name: z.string(),
  /** Absolute path; optional on the wire, because older servers do not send it. */
  path: z.string().optional(),
  size: z.number().int(),
  /** As Go prints it: `-rw-r--r--`, `drwxr-xr-x`. */
  mode: z.string(),
  /** As Go prints it: `2026-01-02 15:04:05.123456789 +0000 UTC`. Use `modifiedAt`. */
  modTime: z.string(),
  /** RFC 3339. */
  modifiedAt: z.string(),
  isDir: z.boolean(),
  owner: z.string(),
  group: z.string(),
  permissions: z.string(),
  /** Ours, with `links=true`: what a link points to; null for everything else. */
  link: z.string().nullable().optional(),
})
export type FileInfo = z.infer<typeof fileInfoSchema>

export const bulkDownloadRequestSchema = z.object({ paths: z.array(z.string()).min(1) })

/** `newValue` may be empty: that deletes the pattern. */
export const replaceRequestSchema = z.object({
  files: z.array(z.string()),
  pattern: z.string().min(1),
  newValue: z.string(),
})

/** One line of one file; `truncated` (ours) marks a content that is only the beginning of a very long line. */
export const fileMatchSchema = z.object({
  file: z.string(),
  line: z.number().int(),
  content: z.string(),
  truncated: z.boolean().optional(),
})
export type FileMatch = z.infer<typeof fileMatchSchema>

export const replaceResultSchema = z.object({ file: z.string(), success: z.boolean(), error: z.string().optional() })
export type ReplaceResult = z.infer<typeof replaceResultSchema>

export const uploadedFileSchema = z.object({ name: z.string(), path: z.string(), type: z.string() })

/** Result of one part of a bulk upload. */
export const bulkUploadedSchema = z.object({ path: z.string(), bytes: z.number().int() })
export type BulkUploaded = z.infer<typeof bulkUploadedSchema>
