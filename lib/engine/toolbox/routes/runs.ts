/** The `runs` extension: commands and code with a journal, started without waiting for their end. */
import { ApiError } from '@/lib/process-api/errors'
import { runPageQuerySchema, signalRequestSchema, startRunRequestSchema } from '@/lib/process-api/extensions'
import { inputRequestSchema } from '@/lib/process-api/process'
import { parseQuery } from '../../http/query'
import { sendEmpty, sendJson } from '../../http/reply'
import type { RequestContext, Routes } from '../../http/router'
import { verifyRecords } from '../execution/check-records'
import { type RunRecord, runSummaryOf } from '../run/run-record'
import type { RunStore } from '../run/run-store'
import type { Runner } from '../run/runner'
import { registerJournal } from './journal'

const one = '/process/run/:runId'

/** What can be read, also of a sandbox that is stopped. `refresh` looks at survivors first. */
export function registerRunReads(routes: Routes, store: RunStore, refresh: (record: RunRecord) => void): void {
  const find = (context: Pick<RequestContext, 'param'>) => store.get(context.param('runId'))

  routes.route('GET', '/process/run', async ({ response, query }) => {
    const { limit, before } = parseQuery(query, runPageQuerySchema)
    sendJson(response, 200, await store.page(limit, before ?? null))
  })

  routes.route('GET', one, async (context) => {
    const record = find(context)
    refresh(record)
    await verifyRecords([record])
    sendJson(context.response, 200, store.detail(record))
  })

  routes.route('GET', `${one}/charts`, (context) => {
    sendJson(context.response, 200, { charts: store.charts(find(context)) })
  })

  registerJournal(routes, one, find)
}

export function registerRuns(routes: Routes, store: RunStore, runner: Runner): void {
  const find = (context: Pick<RequestContext, 'param'>) => store.get(context.param('runId'))

  routes.route('POST', '/process/run', async (context) => {
    const body = await context.json(startRunRequestSchema, { name: 'StartRunRequest' })
    const text = body.kind === 'command' ? body.command : body.code
    if (text.trim() === '') throw new ApiError('BAD_REQUEST', `${body.kind} cannot be empty or whitespace-only`)
    const run = runner.start({
      language: body.kind === 'command' ? null : body.language,
      text,
      argv: body.kind === 'command' ? [] : (body.argv ?? []),
      envs: body.envs ?? {},
      cwd: body.cwd ?? null,
      timeout: body.timeout ?? null,
      origin: 'run',
      streams: 'split',
      stdinOpen: body.stdin === 'open',
    })
    sendJson(context.response, 201, runSummaryOf(run.record))
  })

  routes.route('DELETE', one, async (context) => {
    const record = find(context)
    if (!record.hasEnded) await runner.stop(record)
    store.remove(record)
    sendEmpty(context.response, 204)
  })

  routes.route('POST', `${one}/stop`, async (context) => {
    await runner.stop(find(context))
    sendEmpty(context.response, 204)
  })

  routes.route('POST', `${one}/signal`, async (context) => {
    const record = find(context)
    const { signal } = await context.json(signalRequestSchema, { name: 'SignalRequest' })
    runner.signal(record, signal)
    sendEmpty(context.response, 204)
  })

  routes.route('POST', `${one}/input`, async (context) => {
    const record = find(context)
    const { data, newline, eof } = await context.json(inputRequestSchema, { name: 'InputRequest' })
    if (data === '' && !eof) {
      throw new ApiError('INVALID_REQUEST_BODY', 'either data or eof is needed')
    }
    await runner.input(record, newline && data !== '' && !data.endsWith('\n') ? `${data}\n` : data, eof)
    sendEmpty(context.response, 204)
  })

  routes.route('GET', `${one}/processes`, (context) => {
    sendJson(context.response, 200, { processes: runner.liveProcesses(find(context)) })
  })
}
