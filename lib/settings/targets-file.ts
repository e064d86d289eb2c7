/**
 * The file that `SANDGLASS_TARGETS` names: other deployments of the process API, each with its address and key. It
 * holds keys, so it may be readable by its owner alone.
 */
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'

/** The engine of the same data directory; it needs no entry. */
export const localTargetName = 'local'

const example = '[{ "name": "staging", "apiUrl": "https://app.example.com/api", "apiKey": "…" }]'

const address = (error: string) => z.url({ protocol: /^https?$/, error }).transform((url) => url.replace(/\/+$/, ''))
const nameError = 'needs a "name" of up to 32 lowercase letters, digits and hyphens'

const entrySchema = z.strictObject(
  {
    name: z
      .string(nameError)
      .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, nameError)
      .refine(
        (name) => name !== localTargetName,
        `is called "${localTargetName}", which is the engine of this data directory`,
      ),
    /** Base of the control plane, such as `https://app.example.com/api`. */
    apiUrl: address('needs an "apiUrl" that begins with http:// or https://'),
    apiKey: z.string('needs an "apiKey"').min(1, 'needs an "apiKey"'),
    /** Base of the toolboxes where all sandboxes share one; else each sandbox names its own. */
    toolboxUrl: address('has a "toolboxUrl" that does not begin with http:// or https://')
      .optional()
      .transform((url) => url ?? null),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has "${issue.keys.join('", "')}"; the fields are name, apiUrl, apiKey and toolboxUrl`
        : 'is not an object',
  },
)
export type RemoteTarget = z.infer<typeof entrySchema>

const targetsFileSchema = z
  .array(entrySchema, `must be a list such as ${example}`)
  .max(64, 'has more than 64 entries')
  .superRefine((list, context) => {
    for (const [index, { name }] of list.entries()) {
      if (list.findIndex((other) => other.name === name) === index) continue
      context.addIssue({ code: 'custom', path: [index], message: `has the name "${name}" of an earlier entry` })
    }
  })

/** @throws RangeError with one sentence that says what is wrong with the file */
export function readTargetsFile(file: string): readonly RemoteTarget[] {
  const parsed = targetsFileSchema.safeParse(contentOf(file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const index = issue?.path[0]
  const subject = typeof index === 'number' ? `entry ${index + 1} of ${file}` : file
  throw new RangeError(`SANDGLASS_TARGETS: ${subject} ${issue?.message}.`)
}

function contentOf(file: string): unknown {
  try {
    const stats = statSync(/* turbopackIgnore: true */ file)
    if (!stats.isFile()) throw new RangeError(`SANDGLASS_TARGETS: ${file} is not a file.`)
    if ((stats.mode & 0o077) !== 0) {
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
