import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient } from '@libsql/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditPage, AuditRecord } from '@/lib/process-api/audit'
import { AuditStore } from '@/lib/store/audit/audit-store'
import { AuditLog } from './audit-log'
import { auditFiles, Checkpoints } from './checkpoints'
import { type AuditVerification, verifyAudit } from './verify'

const migrations = path.join(import.meta.dirname, '..', 'store', 'migrations', 'audit')
const everything = { words: [] }

let folder: string
let files: ReturnType<typeof auditFiles>
const opened: AuditLog[] = []

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-audit-'))
  files = auditFiles(folder)
})

afterEach(async () => {
  for (const log of opened.splice(0)) await log.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(): Promise<AuditLog> {
  const log = new AuditLog(files, migrations)
  opened.push(log)
  await log.open()
  return log
}

function entry(fields: Partial<AuditRecord> = {}): AuditRecord {
  return {
    actor: { kind: 'person', id: 'p1', name: 'Ada', role: 'operator' },
    address: '192.0.2.7',
    kind: 'change',
    action: 'run.start',
    target: 'local',
    sandboxId: 'one',
    subject: { runId: 'r1', code: 'print(1)' },
    result: 'ok',
    durationMs: 3,
    ...fields,
  }
}

async function verify(expected: { seq: number; hash: string } | null = null): Promise<AuditVerification> {
  const store = await AuditStore.open(files.database, migrations)
  try {
    return await verifyAudit(store, files.checkpoints, new Checkpoints(files).publicKey(), expected)
  } finally {
    await store.close()
  }
}

function pageOf(result: AuditPage | { unavailable: string }): AuditPage {
  if ('unavailable' in result) throw new Error(result.unavailable)
  return result
}

/** Changes the database as someone who has the file: without the triggers that forbid it. */
async function tamper(...statements: string[]): Promise<void> {
  const client = createClient({ url: `file:${files.database}` })
  await client.batch(['DROP TRIGGER audit_not_changed', 'DROP TRIGGER audit_not_deleted', ...statements], 'write')
  client.close()
}

test('entries are numbered, chained and found again after a restart', async () => {
  const log = await open()
  await log.record(entry())
  await log.record(entry({ action: 'run.delete', result: 'NOT_FOUND' }))
  await log.close()
  const again = await open()
  await again.record(entry({ sandboxId: 'two' }))
  const { entries, next } = pageOf(await again.page(everything))
  expect(entries.map(({ seq, action, sandboxId }) => [seq, action, sandboxId])).toEqual([
    [3, 'run.start', 'two'],
    [2, 'run.delete', 'one'],
    [1, 'run.start', 'one'],
  ])
  expect(next).toBeNull()
  expect(entries[2]).toMatchObject(entry())
  await again.close()
  expect(await verify()).toMatchObject({ entries: 3, checkpoints: 2, last: { seq: 3 }, problems: [] })
})

test('its files are readable by their owner only', async () => {
  const log = await open()
  await log.record(entry())
  await log.close()
  for (const file of Object.values(files)) expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('a thousand entries at once keep their order', async () => {
  const log = await open()
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => log.record(entry({ subject: { index } }))))
  const { entries } = pageOf(await log.page(everything))
  expect(entries.slice(0, 3).map(({ subject }) => subject.index)).toEqual([999, 998, 997])
  await log.close()
  expect((await verify()).problems).toEqual([])
})

test('filters by person, sandbox, action, result, time and words, page by page', async () => {
  const log = await open()
  const bob = { kind: 'person', id: 'p2', name: 'Bob', role: 'viewer' } as const
  for (let index = 0; index < 120; index += 1) await log.record(entry({ subject: { path: `/data/file-${index}.csv` } }))
  await log.record(entry({ actor: bob, kind: 'read', action: 'log.read', sandboxId: 'two' }))
  await log.record(entry({ actor: bob, action: 'run.start', sandboxId: 'two', result: 'FORBIDDEN' }))
  const found = async (filter: object) => pageOf(await log.page({ words: [], ...filter })).entries.map(({ seq }) => seq)
  expect(await found({ actorId: 'p2', sandboxId: 'two' })).toEqual([122, 121])
  expect(await found({ person: 'bO' })).toEqual([122, 121])
  expect(await found({ failed: true })).toEqual([122])
  expect(await found({ kind: 'read' })).toEqual([121])
  expect(await found({ words: ['file-77.csv'] })).toEqual([78])
  expect(await found({ words: ['"', "' OR 1=1 --"] })).toEqual([])
  expect(await found({ until: 0 })).toEqual([])
  const first = pageOf(await log.page(everything))
  expect(first.next).toBe(23)
  const second = pageOf(await log.page(everything, first.next ?? 0))
  expect(second.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 22 }, (_, index) => 22 - index))
  expect(second.next).toBeNull()
  const words = pageOf(await log.page({ words: ['data'] }))
  expect(words.entries).toHaveLength(100)
  expect(pageOf(await log.page({ words: ['data'] }, words.next ?? 0)).entries).toHaveLength(20)
})

describe('verification finds', () => {
  beforeEach(async () => {
    const log = await open()
    for (let index = 1; index <= 5; index += 1) await log.record(entry({ subject: { index } }))
    await log.close()
    expect(await verify()).toMatchObject({ entries: 5, problems: [] })
  })

  test('an edited entry', async () => {
    await tamper(`UPDATE audit_entries SET actor_name = 'Bob' WHERE seq = 3`)
    expect((await verify()).problems).toEqual(['Entry 3 was changed, or the one before it was.'])
  })

  test('an edited entry whose hashes were computed again', async () => {
    const store = await AuditStore.open(files.database, migrations)
    const rows = await store.after(0, 10)
    await store.close()
    const { entryHash, firstHash } = await import('./entry-hash')
    const { toEntry } = await import('@/lib/store/audit/audit-store')
    let hash = firstHash
    const updates = rows.map((row) => {
      const changed = row.seq === 3 ? { ...row, result: 'FORBIDDEN' } : row
      hash = entryHash(hash, toEntry(changed), changed.subject)
      return `UPDATE audit_entries SET result = '${changed.result}', hash = '${hash}' WHERE seq = ${row.seq}`
    })
    await tamper(...updates)
    expect((await verify()).problems).toEqual(['Entry 5 is not the one that its checkpoint names.'])
  })

  test('a deleted entry', async () => {
    await tamper('DELETE FROM audit_entries WHERE seq = 2')
    expect((await verify()).problems).toContain('Entry 2 is missing.')
  })

  test('a cut end', async () => {
    await tamper('DELETE FROM audit_entries WHERE seq > 3')
    expect((await verify()).problems).toEqual([
      'The log ends at entry 3, but a checkpoint names entry 5: the end is missing.',
    ])
  })

  test('an older copy of the database, also after entries were added to it', async () => {
    const copy = path.join(folder, 'copy.db')
    copyFileSync(files.database, copy)
    const log = await open()
    await log.record(entry({ subject: { index: 6 } }))
    await log.close()
    for (const end of ['', '-wal', '-shm']) rmSync(files.database + end, { force: true })
    copyFileSync(copy, files.database)
    expect((await verify()).problems).toHaveLength(1)
    const continued = await open()
    await continued.record(entry({ subject: { index: 'other' } }))
    await continued.close()
    expect((await verify()).problems).toContain('Entry 6 is not the one that its checkpoint names.')
  })

  test('a forged checkpoint, and a line that is none', async () => {
    const [line = ''] = readFileSync(files.checkpoints, 'utf8').split('\n')
    const forged = { ...JSON.parse(line), hash: 'f'.repeat(64) }
    writeFileSync(files.checkpoints, `${line}\n${JSON.stringify(forged)}\nnonsense\n`)
    expect((await verify()).problems).toEqual([
      'The checkpoint of entry 5 has a wrong signature.',
      'Line 3 of the checkpoints is not a checkpoint.',
    ])
  })

  test('that a checkpoint which was stored elsewhere does not fit', async () => {
    expect((await verify({ seq: 9, hash: 'a' })).problems).toHaveLength(1)
    const log = await open()
    const [last] = pageOf(await log.page(everything)).entries
    expect((await verify({ seq: 5, hash: last?.hash ?? '' })).problems).toEqual([])
  })
})

test('the database refuses changes and deletions of entries', async () => {
  const log = await open()
  await log.record(entry())
  await log.close()
  const client = createClient({ url: `file:${files.database}` })
  await expect(client.execute(`UPDATE audit_entries SET result = ''`)).rejects.toThrow('append-only')
  await expect(client.execute('DELETE FROM audit_entries')).rejects.toThrow('append-only')
  client.close()
})

test('while another program locks the database, entries wait and are written in order afterwards', async () => {
  const log = await open()
  await log.record(entry({ subject: { index: 0 } }))
  const other = createClient({ url: `file:${files.database}` })
  const lock = await other.transaction('write')
  const waiting = [1, 2, 3].map((index) => log.record(entry({ subject: { index } })))
  await Promise.all(waiting)
  await lock.rollback()
  other.close()
  await expect
    .poll(async () => {
      const page = await log.page(everything)
      return 'entries' in page ? page.entries.map(({ subject }) => subject.index) : null
    })
    .toEqual([3, 2, 1, 0])
  await log.close()
  expect((await verify()).problems).toEqual([])
})

test('a damaged database is said, and nothing else fails', async () => {
  writeFileSync(files.database, 'x'.repeat(10_000))
  const log = await open()
  await log.record(entry())
  expect(await log.page(everything)).toMatchObject({ unavailable: expect.stringContaining('damaged') })
})

test('two processes that write at the same time share one chain', async () => {
  const [one, two] = [await open(), await open()]
  for (let index = 0; index < 20; index += 1) {
    await Promise.all([one.record(entry({ subject: { one: index } })), two.record(entry({ subject: { two: index } }))])
  }
  await one.close()
  await two.close()
  expect(await verify()).toMatchObject({ entries: 40, problems: [] })
})

test('an entry that is larger than the log stores is cut, not lost', async () => {
  const log = await open()
  await log.record(entry({ subject: { code: 'x'.repeat(100_000) } }))
  const [stored] = pageOf(await log.page(everything)).entries
  expect(JSON.stringify(stored?.subject).length).toBeLessThan(8_000)
  expect(stored?.subject.cut).toContain('xxx')
})
