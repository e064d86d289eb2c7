/** Pages of an audit log of 1,000,000 entries, and what one entry costs the action that it records. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient } from '@libsql/client'
import { AuditLog } from '@/lib/audit/audit-log'
import { auditFiles } from '@/lib/audit/checkpoints'
import type { AuditRecord } from '@/lib/process-api/audit'
import { parseAuditFilter } from '@/lib/process-api/audit-filter'
import { AuditStore } from '@/lib/store/audit/audit-store'
import { type Measure, ms, type Result } from '../measure'
import { spreadOf } from '../statistics'

const entries = 1_000_000
const rounds = 20
const records = 500
const maxPageMs = 300
const maxRecordMs = 2
const migrations = path.join(import.meta.dirname, '..', '..', 'lib', 'store', 'migrations', 'audit')

export const audit: Measure = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sandglass-bench-audit-'))
  try {
    const files = auditFiles(folder)
    await fill(files.database)
    const log = new AuditLog(files, migrations)
    await log.open()
    const page = (text: string) => () => log.page({ ...parseAuditFilter(text), target: 'local' })
    const results = [
      await measure('audit log of 1,000,000 entries: first page, p95', page('')),
      await measure('audit log of 1,000,000 entries: one person and sandbox, p95', page('person:ada-7 sandbox:s27')),
      await measure('audit log of 1,000,000 entries: search for a rare text, p95', page('target-976')),
      await recording(log),
    ]
    await log.close()
    return results
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(what: string, read: () => Promise<unknown>): Promise<Result> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) times.push(await timeOf(read))
  const measured = spreadOf(times)
  return {
    what,
    floor: '–',
    measured: `${ms(measured.p95)} (p50 ${ms(measured.p50)})`,
    ratio: null,
    target: `≤ ${ms(maxPageMs)}`,
    reached: measured.p95 <= maxPageMs,
    figures: { measured },
  }
}

async function recording(log: AuditLog): Promise<Result> {
  const times: number[] = []
  for (let index = 0; index < records; index += 1) times.push(await timeOf(() => log.record(record(index))))
  const measured = spreadOf(times)
  return {
    what: 'audit entry of one action, written before its response, p50',
    floor: '–',
    measured: `${ms(measured.p50)} (p95 ${ms(measured.p95)})`,
    ratio: null,
    target: `≤ ${ms(maxRecordMs)}`,
    reached: measured.p50 <= maxRecordMs,
    figures: { measured },
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function record(index: number): AuditRecord {
  return {
    actor: { kind: 'person', id: 'p7', name: 'ada-7', role: 'operator' },
    address: '192.0.2.7',
    kind: 'change',
    action: 'command.run',
    target: 'local',
    sandboxId: 's27',
    subject: { sessionId: 'shell', command: `make target-${index}` },
    result: 'ok',
    durationMs: 3,
  }
}

/** Rows of 20 people in 100 sandboxes, made by the database itself. */
async function fill(file: string): Promise<void> {
  const store = await AuditStore.open(file, migrations)
  await store.close()
  const client = createClient({ url: `file:${file}` })
  await client.execute({
    sql: `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
      INSERT INTO audit_entries
      SELECT n, n * 1000, 'person', 'p' || (n % 20), 'ada-' || (n % 20), 'operator', '192.0.2.7', 'change', 'command.run',
        'local', 's' || (n % 100), json_object('sessionId', 'shell', 'command', 'make target-' || (n % 977)), 'ok', 3, ''
      FROM numbers`,
    args: [entries],
  })
  client.close()
}
