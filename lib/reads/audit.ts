/** The audit log for its read routes. */
import 'server-only'
import { z } from 'zod'
import { audit } from '@/lib/audit/shared'
import { available } from '@/lib/history/available'
import type { AuditFilter, AuditPage } from '@/lib/process-api/audit'
import { parseAuditFilter } from '@/lib/process-api/audit-filter'
import { parse } from './read-route'

/** Entries in one piece of an export. */
const exportBatch = 1_000

const querySchema = z.object({
  q: z.string().max(1_000).default(''),
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
})

function readQuery(target: string, query: URLSearchParams): { filter: AuditFilter; before: number | undefined } {
  const { q, before } = parse(querySchema, Object.fromEntries(query))
  const { problems: _problems, ...filter } = parseAuditFilter(q)
  return { filter: { ...filter, target }, before }
}

/** @throws ApiError SERVICE_UNAVAILABLE with the reason if the log cannot be read */
export async function readAudit(target: string, query: URLSearchParams): Promise<AuditPage> {
  const { filter, before } = readQuery(target, query)
  return available(await audit().page(filter, before))
}

/**
 * All matching entries, oldest first, as JSON Lines: with their hashes, so that the export of a whole log can be verified.
 * @throws ApiError SERVICE_UNAVAILABLE with the reason if the log cannot be read
 */
export async function exportAudit(target: string, query: URLSearchParams): Promise<Response> {
  const { filter } = readQuery(target, query)
  let rows = available(await audit().after(0, exportBatch, filter)).rows
  const encoder = new TextEncoder()
  const body = new ReadableStream({
    async pull(controller) {
      if (rows.length > 0) controller.enqueue(encoder.encode(rows.map((row) => `${JSON.stringify(row)}\n`).join('')))
      const last = rows.at(-1)
      if (last === undefined || rows.length < exportBatch) {
        controller.close()
        return
      }
      const next = await audit().after(last.seq, exportBatch, filter)
      // A broken download is seen; a short one is not.
      if ('unavailable' in next) controller.error(new Error(next.unavailable))
      else rows = next.rows
    },
  })
  return new Response(body, {
    headers: {
      'content-type': 'application/jsonl; charset=utf-8',
      'content-disposition': 'attachment; filename="audit.jsonl"',
      'cache-control': 'private, no-store',
    },
  })
}
