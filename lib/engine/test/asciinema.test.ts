/** Recordings and exports, played and made by the real asciinema. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JournalTimeline, JournalWindow } from '@/lib/process-api/extensions'
import { blobReader, CastSource } from '@/lib/replay/cast-source'
import { exportCast } from '@/lib/replay/export'
import type { ReplayEvent } from '@/lib/replay/replay-event'
import { findProgram } from '@/lib/settings/programs'
import { open } from './pty-client'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

const run = promisify(execFile)
const { signal } = new AbortController()

let toolbox: ToolboxFixture
let folder: string

beforeAll(async () => {
  toolbox = await startToolbox()
  folder = mkdtempSync(path.join(tmpdir(), 'asciinema-'))
})
afterAll(async () => {
  await toolbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** What asciinema prints of a file, without its times. It needs a terminal, although its output goes into a file. */
async function played(name: string, content: string): Promise<string> {
  writeFileSync(path.join(folder, name), content)
  const env = { ...process.env, LC_ALL: 'C.UTF-8', HOME: folder, TERM: 'xterm-256color' }
  await run('script', ['-qec', `asciinema cat ${name} > ${name}.out`, '/dev/null'], { cwd: folder, env })
  return readFileSync(path.join(folder, `${name}.out`), 'utf8')
}

async function eventsOf(source: CastSource): Promise<ReplayEvent[]> {
  const cursor = source.open()
  const events: ReplayEvent[] = []
  for (let batch = await cursor.next(signal); batch.length > 0; batch = await cursor.next(signal)) events.push(...batch)
  return events
}

async function* from(events: readonly ReplayEvent[]): AsyncGenerator<ReplayEvent> {
  yield* events
}

async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const part of parts) text += part
  return text
}

function outputOf(events: readonly ReplayEvent[]): string {
  return events.map((event) => (event.kind === 'output' ? event.data : '')).join('')
}

describe.skipIf(findProgram('asciinema') === null)('asciinema', () => {
  test('plays the recording of a terminal', async () => {
    const client = await open(toolbox, 'create-connect?id=recorded&cols=80&rows=24')
    await client.shows(/[$#] /)
    await toolbox.post('/process/pty/recorded/recording', { action: 'start' })
    client.send('printf "caf\\303\\251 \\033[32mgreen\\033[0m\\n"; echo do""ne\n')
    await client.shows('done')
    await toolbox.post('/process/pty/recorded/resize', { cols: 100, rows: 30 })
    const { id } = (await toolbox.post('/process/pty/recorded/recording', { action: 'stop' })).json<{ id: string }>()
    const file = (await toolbox.request(`/process/pty-recording/${id}/download`)).text
    const source = await CastSource.open(blobReader(new Blob([file])), signal)
    expect(source.problem).toBeNull()
    const output = await played('recorded.cast', file)
    expect(output).toContain('café \x1b[32mgreen\x1b[0m\r\n')
    expect(output).toBe(outputOf(await eventsOf(source)))
    await toolbox.request('/process/pty/recorded', { method: 'DELETE' })
  })

  test('plays the export of a run, whose times are those of its journal', async () => {
    const command = 'printf "a\\n"; sleep 0.3; printf "\\303\\251\\n" >&2; sleep 0.3; printf "\\033[1mb\\033[0m\\n"'
    const { id } = (await toolbox.post('/process/run', { kind: 'command', command })).json<{ id: string }>()
    await eventually('the end of the run', async () => {
      const { state } = (await toolbox.request(`/process/run/${id}`)).json<{ state: string }>()
      return state === 'succeeded'
    })
    const { chunks } = (await toolbox.request(`/process/run/${id}/journal`)).json<JournalWindow>()
    const timeline = (await toolbox.request(`/process/run/${id}/journal/timeline`)).json<JournalTimeline>()
    expect(timeline).toMatchObject({ size: 15, durationMs: chunks.at(-1)?.sinceStartMs })
    const slotOf = (ms: number) => timeline.slots[Math.floor(ms / timeline.slotMs)]
    expect(chunks.map(({ sinceStartMs }) => slotOf(sinceStartMs ?? 0))).toEqual([
      [0, 2, 0],
      [2, 3, 3],
      [5, 10, 0],
    ])
    const events: ReplayEvent[] = chunks.map(({ sinceStartMs, stream, data }) => ({
      kind: 'output',
      ms: sinceStartMs ?? 0,
      data: Buffer.from(data, 'base64'),
      isStderr: stream === 'stderr',
    }))
    const info = {
      title: command,
      grid: { cols: 120, rows: 30 },
      startedAt: null,
      exitCode: 0,
      isPlainOutput: true,
    }
    const file = await textOf(exportCast(2, info, from(events)))
    expect(await played('run.cast', file)).toBe('a\r\né\r\n\x1b[1mb\x1b[0m\r\n')
    // The Debian package is of a version that cannot read format 3, so that is compared with format 2.
    const later = await CastSource.open(blobReader(new Blob([await textOf(exportCast(3, info, from(events)))])), signal)
    expect(outputOf(await eventsOf(later))).toBe('a\r\né\r\n\x1b[1mb\x1b[0m\r\n')
  })

  test('makes recordings that can be replayed', async () => {
    const env = { ...process.env, LC_ALL: 'C.UTF-8', HOME: folder }
    const command = 'printf "\\033[31mred\\033[0m\\n"; sleep 0.2; echo two'
    const args = ['rec', '-q', '-c', command, '--cols', '70', '--rows', '20', '-t', 'a title', 'made.cast']
    await run('asciinema', args, { cwd: folder, env })
    const source = await CastSource.open(blobReader(new Blob([readFileSync(path.join(folder, 'made.cast'))])), signal)
    expect(source.header).toMatchObject({ version: 2, grid: { cols: 70, rows: 20 }, title: 'a title' })
    expect(source.problem).toBeNull()
    const events = await eventsOf(source)
    expect(outputOf(events)).toBe('\x1b[31mred\x1b[0m\r\ntwo\r\n')
    const times = events.map(({ ms }) => ms)
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(190)
  })
})
