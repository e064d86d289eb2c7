/** The `runs` extension: commands and code with a journal, started without waiting for their end. */
import { ApiError } from '@/lib/process-api/errors'
import { runJournal, runOperations } from '@/lib/process-api/operations/runs'
import type { Routes } from '../../http/router'
import { verifyRecords } from '../execution/check-records'
import { runSummaryOf } from '../run/run-record'
import type { RunStore } from '../run/run-store'
import type { Runner } from '../run/runner'
import { registerJournal } from './journal'

interface Named {
  readonly runId: string
}

/** Updates what outlived its runs, before it is shown. A stopped sandbox has nothing to update. */
export type SurvivorRefresh = Pick<Runner, 'refresh' | 'refreshAll'>

/** Reads, which also work for a stopped sandbox. */
export function registerRunReads(
  routes: Routes,
  store: RunStore,
  survivors: SurvivorRefresh | null,
  assetsDir: () => string,
): void {
  const find = ({ runId }: Named) => store.get(runId)

  routes.on(runOperations.listRuns, async ({ query, reply }) => {
    const { limit, before } = query
    survivors?.refreshAll()
    reply(200, await store.page(limit, before ?? null))
  })

  routes.on(runOperations.getRun, async ({ params, query, reply }) => {
    const record = find(params)
    survivors?.refresh(record)
    await verifyRecords([record])
    reply(200, store.detail(record, query.textLimit))
  })

  routes.on(runOperations.getRunCharts, ({ params, reply }) => reply(200, { charts: store.charts(find(params)) }))

  registerJournal(routes, runJournal, find, assetsDir)
}

export function registerRuns(routes: Routes, store: RunStore, runner: Runner): void {
  const find = ({ runId }: Named) => store.get(runId)

  routes.on(runOperations.startRun, async (request) => {
    const body = await request.body()
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
    request.reply(201, runSummaryOf(run.record))
  })

  routes.on(runOperations.deleteRun, async ({ params, reply }) => {
    const record = find(params)
    if (!record.hasEnded) await runner.stop(record)
    store.remove(record)
    reply(204)
  })

  routes.on(runOperations.stopRun, async ({ params, reply }) => {
    await runner.stop(find(params))
    reply(204)
  })

  routes.on(runOperations.signalRun, async ({ params, body, reply }) => {
    const record = find(params)
    const { signal } = await body()
    runner.signal(record, signal)
    reply(204)
  })

  routes.on(runOperations.sendRunInput, async ({ params, body, reply }) => {
    const record = find(params)
    const { data, newline, eof } = await body()
    if (data === '' && !eof) {
      throw new ApiError('INVALID_REQUEST_BODY', 'either data or eof is required')
    }
    await runner.input(record, newline && data !== '' && !data.endsWith('\n') ? `${data}\n` : data, eof)
    reply(204)
  })

  routes.on(runOperations.listRunProcesses, ({ params, reply }) =>
    reply(200, { processes: runner.liveProcesses(find(params)) }),
  )
}
