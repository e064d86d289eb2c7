/**
 * The embedded database of the console: one libSQL file in the data directory, in WAL mode, readable by its owner only.
 * Each area has its own tables and its own module: `history` here.
 */
import { closeSync, openSync, statSync } from 'node:fs'
import { type Client, createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { HistoryStore } from './history/history-store'
import { migrate } from './migrate'
import { StoreError, toStoreError } from './store-error'

/** Calls of the database are synchronous, so waiting for a lock stops the console. Callers try again instead. */
const busyTimeoutMs = 100

export interface Store {
  readonly history: HistoryStore
  /** True if the file is no longer the one that was opened: it was deleted or replaced. */
  isLost(): boolean
  close(): void
}

/**
 * Opens the database, creates it if it is missing, and brings it to the present version.
 * @param file path of the database
 * @param migrations folder of the migrations
 * @throws StoreError with a sentence for a person
 */
export async function openStore(file: string, migrations: string): Promise<Store> {
  let client: Client | null = null
  try {
    // SQLite gives its journals the permissions of the database.
    closeSync(openSync(file, 'a', 0o600))
    client = createClient({ url: `file:${encodeURI(file)}`, timeout: busyTimeoutMs })
    await client.execute('PRAGMA journal_mode = WAL')
    await migrate(client, migrations, file)
    const { ino, dev } = statSync(file)
    const opened = client
    return {
      history: new HistoryStore(drizzle(client), { file, onLocked: () => opened.reconnect() }),
      isLost() {
        const found = statSync(file, { throwIfNoEntry: false })
        return found?.ino !== ino || found.dev !== dev
      },
      close: () => opened.close(),
    }
  } catch (error) {
    client?.close()
    throw fileErrorOf(error, file) ?? toStoreError(error, file)
  }
}

function fileErrorOf(error: unknown, file: string): StoreError | null {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return null
  const options = { cause: error }
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new StoreError(
      'full',
      `The disk of the database ${file} is full. Free disk space; Sandglass tries again.`,
      options,
    )
  }
  return new StoreError('unusable', `The database ${file} cannot be opened (${error.code}).`, options)
}
