/**
 * Code and options that were not run yet, stored in this browser. There is one draft per sandbox and language, so that
 * neither a reload nor a change of language loses it.
 */

export const modes = ['python', 'javascript', 'typescript', 'shell'] as const
/** A language of code runs, or one-shot shell commands. */
export type Mode = (typeof modes)[number]

export interface EnvRow {
  /** Only for React; not stored. */
  key: string
  name: string
  value: string
}

export interface Draft {
  text: string
  arguments: string
  /** Empty: the sandbox's working directory. */
  cwd: string
  env: EnvRow[]
  /** Seconds as typed; null is no timeout. */
  timeout: string | null
  /** Standard input stays open for answers; else programs read end-of-file. */
  acceptsInput: boolean
}

export const emptyDraft: Draft = { text: '', arguments: '', cwd: '', env: [], timeout: null, acceptsInput: true }

export const modeNames: Record<Mode, string> = {
  python: 'Python',
  javascript: 'JavaScript',
  typescript: 'TypeScript',
  shell: 'Shell',
}

const prefix = 'sandglass.draft.'
const modeItem = (sandboxId: string) => `${prefix}${sandboxId}`
const draftItem = (sandboxId: string, mode: Mode) => `${prefix}${sandboxId}.${mode}`

export function parseMode(text: string | null | undefined): Mode | null {
  return modes.find((mode) => mode === text) ?? null
}

/** The part of `Storage` that drafts need. */
export interface DraftStorage {
  getItem(item: string): string | null
  setItem(item: string, value: string): void
  removeItem(item: string): void
}

export function loadMode(storage: DraftStorage, sandboxId: string): Mode | null {
  return parseMode(storage.getItem(modeItem(sandboxId)))
}

export function saveMode(storage: DraftStorage, sandboxId: string, mode: Mode): void {
  store(storage, modeItem(sandboxId), mode)
}

/** Null when there is no draft or it cannot be read. */
export function loadDraft(storage: DraftStorage, sandboxId: string, mode: Mode): Draft | null {
  const text = storage.getItem(draftItem(sandboxId, mode))
  if (text === null) return null
  let stored: unknown
  try {
    stored = JSON.parse(text)
  } catch {
    return null // Foreign or truncated: start with an empty editor.
  }
  return toDraft(stored)
}

/** False when the browser cannot store it: a draft of many megabytes, or storage turned off. */
export function saveDraft(storage: DraftStorage, sandboxId: string, mode: Mode, draft: Draft): boolean {
  return store(
    storage,
    draftItem(sandboxId, mode),
    JSON.stringify({ ...draft, env: draft.env.map(({ name, value }) => ({ name, value })) }),
  )
}

/** Removes all drafts of a deleted sandbox. */
export function removeDrafts(storage: DraftStorage, sandboxId: string): void {
  storage.removeItem(modeItem(sandboxId))
  for (const mode of modes) storage.removeItem(draftItem(sandboxId, mode))
}

function store(storage: DraftStorage, item: string, value: string): boolean {
  try {
    storage.setItem(item, value)
    return true
  } catch {
    return false // Over the quota; the caller shows it.
  }
}

function toDraft(stored: unknown): Draft | null {
  if (typeof stored !== 'object' || stored === null) return null
  const text = (name: string) => {
    const value = name in stored ? (stored as Record<string, unknown>)[name] : ''
    return typeof value === 'string' ? value : ''
  }
  const env = 'env' in stored && Array.isArray(stored.env) ? stored.env : []
  return {
    text: text('text'),
    arguments: text('arguments'),
    cwd: text('cwd'),
    env: env.flatMap((row: unknown) => toEnvRow(row) ?? []),
    timeout: 'timeout' in stored && typeof stored.timeout === 'string' ? stored.timeout : null,
    acceptsInput: !('acceptsInput' in stored && stored.acceptsInput === false),
  }
}

function toEnvRow(row: unknown): EnvRow | null {
  if (typeof row !== 'object' || row === null) return null
  if (!('name' in row) || !('value' in row)) return null
  if (typeof row.name !== 'string' || typeof row.value !== 'string') return null
  return envRow(row.name, row.value)
}

let rows = 0

export function envRow(name: string, value: string): EnvRow {
  rows += 1
  return { key: `env-${rows}`, name, value }
}
