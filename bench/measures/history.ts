/** Pages and searches of a history of 100,000 executions, as the console reads them from its database. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type HistoryFilter, parseHistoryFilter } from '@/lib/process-api/history-filter'
import type { ExecutionRecord } from '@/lib/store/history/history-store'
import { openStore, type Store } from '@/lib/store/open-store'
import { type Measure, ms, type Result } from '../measure'
import { spreadOf } from '../statistics'

const executions = 100_000
const batch = 500
const sandboxes = 50
const rounds = 20
const maxPageMs = 300
const maxSearchMs = 500

export const history: Measure = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sandglass-bench-history-'))
  const migrations = path.join(import.meta.dirname, '..', '..', 'lib', 'store', 'migrations')
  const store = await openStore(path.join(folder, 'console.db'), migrations)
  try {
    await fill(store)
    const page = (text: string) => () => store.history.page('local', parseHistoryFilter(text))
    return [
      await measure('history of 100,000 executions: first page, p95', maxPageMs, page('')),
      await measure(
        'history of 100,000 executions: search for a word in all of them, p95',
        maxSearchMs,
        page('pandas'),
      ),
      await measure('history of 100,000 executions: search for a rare text, p95', maxSearchMs, page('load(777)')),
      await measure('history of 100,000 executions: search without a match, p95', maxSearchMs, page('nosuchtext')),
      await measure(
        'history of 100,000 executions: failed ones of one label, p95',
        maxSearchMs,
        page('state:failed label:team=3'),
      ),
      await measure('history of 100,000 executions: grouped, p95', maxSearchMs, () =>
        store.history.groups('local', everything),
      ),
    ]
  } finally {
    store.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const everything: HistoryFilter = parseHistoryFilter('')

async function measure(what: string, maxMs: number, read: () => Promise<unknown>): Promise<Result> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now()
    await read()
    times.push(performance.now() - startedAt)
  }
  const measured = spreadOf(times)
  return {
    what,
    floor: '–',
    measured: `${ms(measured.p95)} (p50 ${ms(measured.p50)})`,
    ratio: null,
    target: `≤ ${ms(maxMs)}`,
    reached: measured.p95 <= maxMs,
    figures: { measured },
  }
}

async function fill(store: Store): Promise<void> {
  await store.history.write(
    Array.from({ length: sandboxes }, (_, index) => ({
      type: 'sandbox',
      target: 'local',
      sandboxId: `sandbox-${index}`,
      name: `sandbox-${index}`,
      labels: { team: String(index % 5) },
    })),
  )
  for (let start = 0; start < executions; start += batch) {
    const records = Array.from({ length: batch }, (_, index) => recordOf(start + index))
    await store.history.write(records.map((record) => ({ type: 'execution', record })))
  }
}

function recordOf(number: number): ExecutionRecord {
  const failed = number % 6 === 0
  const at = Date.now() - (executions - number) * 1_000
  return {
    target: 'local',
    sandboxId: `sandbox-${number % sandboxes}`,
    kind: 'run',
    parentId: '',
    executionId: `run-${number}`,
    at,
    startedAt: at,
    endedAt: at + 5,
    durationMs: 5,
    language: number % 2 === 0 ? 'python' : 'shell',
    origin: 'run',
    state: failed ? 'failed' : 'succeeded',
    exitCode: failed ? 1 : 0,
    signal: null,
    reason: 'exited',
    message: null,
    timeoutSeconds: null,
    outputBytes: 10,
    stderrBytes: 0,
    title: '',
    text: `import pandas\ndf = load(${number % 1_000})\nprint(df.head(), "${number % 7_919}")\n`,
    textComplete: true,
  }
}
