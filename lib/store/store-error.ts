/** Why the database cannot be used, as a person reads it. */
import { LibsqlError } from '@libsql/client'

export type StoreProblem = 'damaged' | 'locked' | 'full' | 'newer' | 'unusable'

export class StoreError extends Error {
  override readonly name = 'StoreError'
  /** @param message one or two plain sentences: what is wrong, and what to do */
  constructor(
    readonly problem: StoreProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Extended codes such as `SQLITE_BUSY_SNAPSHOT` begin with the basic ones. */
const problems: readonly (readonly [RegExp, StoreProblem, (file: string) => string])[] = [
  [
    /^SQLITE_(NOTADB|CORRUPT)/,
    'damaged',
    (file) => `The database ${file} is damaged. Move the file away: Sandglass then creates a new one.`,
  ],
  [
    /^SQLITE_(BUSY|LOCKED)/,
    'locked',
    (file) => `The database ${file} is locked by another program. Sandglass tries again.`,
  ],
  [
    /^SQLITE_FULL/,
    'full',
    (file) => `The disk of the database ${file} is full. Free disk space; Sandglass tries again.`,
  ],
]

/** What went wrong with the database in `file`. Errors that are not the database's are returned unchanged. */
export function toStoreError(error: unknown, file: string): unknown {
  if (error instanceof StoreError) return error
  const cause = databaseErrorOf(error)
  if (cause === null) return error
  const code = typeof cause.code === 'string' ? cause.code : ''
  const found = problems.find(([pattern]) => pattern.test(code))
  if (found) return new StoreError(found[1], found[2](file), { cause: error })
  return new StoreError('unusable', `The database ${file} cannot be used (${code || 'unknown error'}).`, {
    cause: error,
  })
}

/** Drizzle wraps the errors of the database, and so does the client. */
function databaseErrorOf(error: unknown): LibsqlError | null {
  for (let it = error; it instanceof Error; it = it.cause) if (it instanceof LibsqlError) return it
  return null
}
