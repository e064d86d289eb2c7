/**
 * What the audit log stores of an input: ids, names and paths; code and commands if the settings say so; of everything
 * else only how large it is. A field that is not listed here is never stored, so that a new one cannot leak.
 */

/** Stored as they are. */
const stored = new Set([
  'sandboxIds',
  'sessionId',
  'commandId',
  'runId',
  'contextId',
  'ptyId',
  'recordingId',
  'personId',
  'role',
  'snapshotId',
  'entryId',
  'id',
  'name',
  'path',
  'paths',
  'from',
  'to',
  'source',
  'destination',
  'folder',
  'cwd',
  'mode',
  'signal',
  'signals',
  'pid',
  'port',
  'kind',
  'language',
  'network',
  'change',
  'minutes',
  'cpu',
  'memory',
  'disk',
  'permissions',
  'owner',
  'group',
  'timeout',
  'cols',
  'rows',
  'record',
  'pinned',
  'tags',
  'recursive',
  'stream',
  'keepPids',
])

/** Stored if the settings say so. */
const codeFields = new Set(['code', 'command'])

/** Objects whose names are stored, and whose values are not. */
const namesOnly = new Set(['env', 'envs', 'labels'])

/** Objects whose fields are looked at one by one. */
const nested = new Set(['request', 'change', 'network', 'settings', 'body'])

/** Characters of one field. */
const maxFieldLength = 2_000

export interface SubjectSettings {
  /** Store code and commands. */
  code: boolean
}

/** The part of an input that the audit log stores. */
export function subjectOf(input: unknown, settings: SubjectSettings): Record<string, unknown> {
  const subject: Record<string, unknown> = {}
  if (typeof input !== 'object' || input === null) return subject
  for (const [name, value] of Object.entries(input)) {
    if (name === 'target' || name === 'sandboxId' || value === undefined || value === null) continue
    const part = partOf(name, value, settings)
    if (part !== undefined) subject[name] = part
  }
  return subject
}

function partOf(name: string, value: unknown, settings: SubjectSettings): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isObject && nested.has(name)) return subjectOf(value, settings)
  if (isObject && namesOnly.has(name)) return Object.keys(value).sort()
  if (codeFields.has(name)) return settings.code ? cut(String(value)) : sizeOf(value)
  if (!stored.has(name)) return sizeOf(value)
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'number' || typeof value === 'boolean') return value
  const text = JSON.stringify(value)
  return text.length <= maxFieldLength ? value : cut(text)
}

function cut(text: string): string {
  return text.length <= maxFieldLength ? text : `${text.slice(0, maxFieldLength)}…`
}

/** A sentence in place of a value: `12 characters`. Undefined for what has no size. */
function sizeOf(value: unknown): string | undefined {
  if (typeof value === 'string') return `${value.length} characters`
  if (Array.isArray(value)) return `${value.length} items`
  return undefined
}
