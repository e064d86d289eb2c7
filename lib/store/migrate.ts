/**
 * Migrations: files `0001-name.sql` with statements between `--> statement-breakpoint` lines. All that are missing run in
 * one transaction, and the number of the last one is stored in the database (`user_version`).
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Client } from '@libsql/client'
import { StoreError } from './store-error'

interface Migration {
  version: number
  statements: string[]
}

/** @throws StoreError `newer` if a later version of Sandglass has written the database */
export async function migrate(client: Client, folder: string, file: string): Promise<void> {
  const migrations = readMigrations(folder)
  const newest = migrations.at(-1)?.version ?? 0
  const { rows } = await client.execute('PRAGMA user_version')
  const version = Number(rows[0]?.user_version ?? 0)
  if (version > newest) {
    throw new StoreError(
      'newer',
      `The database ${file} was written by a newer version of Sandglass. Use that version, or move the file away.`,
    )
  }
  const missing = migrations.filter((migration) => migration.version > version)
  if (missing.length === 0) return
  await client.batch([...missing.flatMap(({ statements }) => statements), `PRAGMA user_version = ${newest}`], 'write')
}

function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .sort()
    .map((name) => ({
      version: Number(name.slice(0, 4)),
      statements: readFileSync(path.join(folder, name), 'utf8').split('--> statement-breakpoint'),
    }))
}
