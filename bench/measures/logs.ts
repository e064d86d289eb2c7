/** A log of a gigabyte: a needle at its end, any line of it, and what its line index costs while it is written. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StateFolder } from '../../lib/engine/state/files'
import { DiskSpace } from '../../lib/engine/toolbox/journal/disk-space'
import { journalFiles } from '../../lib/engine/toolbox/journal/files'
import { Journal } from '../../lib/engine/toolbox/journal/journal'
import { LineCounter } from '../../lib/engine/toolbox/journal/line-marks'
import type { RunSummary } from '../../lib/process-api/extensions'
import type { LineLocation } from '../../lib/process-api/journal-lines'
import type { Bench } from '../bench'
import { spawnOnce } from '../floors'
import { type Measure, ms, type Result } from '../measure'
import { spreadOf } from '../statistics'

const bytes = 1024 ** 3
const rounds = 5
const line = '2026-12-01T14:02:11.018 INFO request path=/api/v1/items status=200 duration=12ms'
const command = `yes '${line}' | head -c ${bytes}; echo; echo 'ERROR needle-42 failed'`
const maxPlainMs = 1500
const maxPatternMs = 3000
const maxLocateMs = 500

export const logs: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const started = await bench.client.toolbox<RunSummary>(sandbox.id, 'POST', '/process/run', {
    kind: 'command',
    command,
  })
  const journal = `/process/run/${started.id}/journal`
  for (;;) {
    const run = await bench.client.toolbox<RunSummary>(sandbox.id, 'GET', `/process/run/${started.id}`)
    if (run.state === 'succeeded') break
    if (run.state !== 'running' && run.state !== 'queued') throw new Error(`the run ${run.state}: ${run.message}`)
    await delay(50)
  }
  const file = path.join(bench.folder, 'grep.log')
  await spawnOnce('sh', ['-c', `{ ${command}; } > "$0"`, file])
  const results = [
    await needle(bench, sandbox.id, journal, file, 'needle-42', false),
    await needle(bench, sandbox.id, journal, file, 'needle-[0-9]+ fai', true),
    await locate(bench, sandbox.id, journal),
    ingest(bench.folder),
  ]
  await unlink(file)
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  return results
}

async function needle(
  bench: Bench,
  sandboxId: string,
  journal: string,
  file: string,
  text: string,
  regex: boolean,
): Promise<Result> {
  const query = new URLSearchParams({ text, regex: regex ? '1' : '0', case: '1' })
  const expected = bytes + 1 + 'ERROR '.length
  const floors: number[] = []
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    floors.push(await grep(regex ? '-E' : '-F', text, file))
    const startedAt = performance.now()
    const { offset } = await bench.client.toolbox<{ offset: number }>(sandboxId, 'GET', `${journal}/next?${query}`)
    times.push(performance.now() - startedAt)
    if (offset !== expected) throw new Error(`the needle was found at ${offset} instead of ${expected}`)
  }
  const floor = spreadOf(floors)
  const time = spreadOf(times)
  const max = regex ? maxPatternMs : maxPlainMs
  return {
    what: `needle at the end of 1 GB, ${regex ? 'regular expression' : 'plain'}`,
    floor: `grep ${ms(floor.p50)}`,
    measured: ms(time.p50),
    ratio: time.p50 / floor.p50,
    target: `≤ ${ms(max)} and ≤ ${ms(floor.p50 * 2)}`,
    reached: time.p50 <= max && time.p50 <= floor.p50 * 2,
    figures: { floorMs: floor, ms: time },
  }
}

function grep(kind: '-E' | '-F', text: string, file: string): Promise<number> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn('grep', ['-a', '-b', '-m', '1', kind, text, file], { stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(performance.now() - startedAt) : reject(new Error(`grep exited with ${code}`)),
    )
  })
}

async function locate(bench: Bench, sandboxId: string, journal: string): Promise<Result> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const query of ['line=5000000', `time=${Date.now() - 60_000}`, 'percent=50']) {
      const startedAt = performance.now()
      await bench.client.toolbox<LineLocation>(sandboxId, 'GET', `${journal}/locate?${query}`)
      times.push(performance.now() - startedAt)
    }
  }
  const time = spreadOf(times)
  const found = await bench.client.toolbox<LineLocation>(sandboxId, 'GET', `${journal}/locate?line=5000000`)
  const expected = 4_999_999 * (line.length + 1)
  if (found.offset !== expected) throw new Error(`line 5,000,000 was found at ${found.offset} instead of ${expected}`)
  return {
    what: 'line, time or percentage of 1 GB located',
    floor: '–',
    measured: `${ms(time.p50)}, at most ${ms(time.max)}`,
    ratio: null,
    target: `≤ ${ms(maxLocateMs)}`,
    reached: time.max <= maxLocateMs,
    figures: { ms: time },
  }
}

/** The share of the time of writing a journal that its line index takes, in this process. */
function ingest(folder: string): Result {
  const chunk = Buffer.from(`${line}\n`.repeat(800)).subarray(0, 64 * 1024)
  const chunks = 4096
  const directory = mkdtempSync(path.join(folder, 'ingest-'))
  const shares: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const files = journalFiles(StateFolder.open(directory, null, false), `j${round}`, bytes)
    const journal = Journal.create('j', files, { maxBytes: bytes, space: new DiskSpace(directory) })
    const startedAt = performance.now()
    for (let index = 0; index < chunks; index += 1) journal.append('stdout', chunk)
    const whole = performance.now() - startedAt
    journal.remove()
    const counter = new LineCounter(0, { lineFeeds: 0, stderrBytes: 0, stderrLineFeeds: 0, wallMs: 0 })
    const countedAt = performance.now()
    for (let index = 0; index < chunks; index += 1) counter.add('stdout', chunk, 0)
    shares.push((whole - (performance.now() - countedAt)) / whole)
  }
  rmSync(directory, { recursive: true, force: true })
  const share = spreadOf(shares)
  return {
    what: 'journal written with its line index, against without',
    floor: '1.00 ×',
    measured: `${share.p50.toFixed(2)} ×`,
    ratio: share.p50,
    target: '≥ 0.90 ×',
    reached: share.p50 >= 0.9,
    figures: { share },
  }
}
