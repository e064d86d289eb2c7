/**
 * The file that `SANDGLASS_TARGETS` names: other deployments of the process API, each with its address and key. It
 * holds keys, so it may be readable by its owner alone.
 */
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'

/** The engine of the same data folder; it needs no entry. */
export const localTargetName = 'local'

const addressSchema = z
  .url({ protocol: /^https?$/, error: 'an http or https address' })
  .transform((url) => url.replace(/\/+$/, ''))

const entrySchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'up to 32 small letters, digits and hyphens')
    .refine((name) => name !== localTargetName, `"${localTargetName}" is the engine of this installation`),
  /** Base of the control plane, such as `https://app.example.com/api`. */
  apiUrl: addressSchema,
  apiKey: z.string().min(1),
  /** Base of the toolboxes where all sandboxes share one; else each sandbox names its own. */
  toolboxUrl: addressSchema.optional().transform((url) => url ?? null),
})
export type RemoteTarget = z.infer<typeof entrySchema>

const targetsFileSchema = z
  .array(entrySchema)
  .max(64)
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'two targets have the same name')

/** @throws RangeError with one sentence that says what is wrong with the file */
export function readTargetsFile(file: string): readonly RemoteTarget[] {
  const parsed = targetsFileSchema.safeParse(contentOf(file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = (issue?.path ?? [])
    .map((part) => (typeof part === 'number' ? `entry ${part + 1}` : String(part)))
    .join(', ')
  throw new RangeError(
    `SANDGLASS_TARGETS: ${file} is not a list of targets${place && ` (${place})`}: ${issue?.message}.`,
  )
}

function contentOf(file: string): unknown {
  try {
    const mode = statSync(/* turbopackIgnore: true */ file).mode
    if ((mode & 0o077) !== 0) {
      throw new RangeError(`SANDGLASS_TARGETS: ${file} holds keys and can be read by others; run: chmod 600 ${file}`)
    }
    return JSON.parse(readFileSync(/* turbopackIgnore: true */ file, 'utf8'))
  } catch (error) {
    if (error instanceof RangeError) throw error
    if (error instanceof SyntaxError) throw new RangeError(`SANDGLASS_TARGETS: ${file} is not JSON.`)
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new RangeError(`SANDGLASS_TARGETS: ${file} cannot be read (${code}).`)
  }
}
