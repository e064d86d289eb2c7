/** The extension `lines`: line numbers and an overview of real output, over HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunSummary } from '@/lib/process-api/extensions'
import type { JournalOverview, LineLocation } from '@/lib/process-api/journal-lines'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture
beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(() => toolbox.stop())

async function run(command: string): Promise<string> {
  const { id } = (await toolbox.post('/process/run', { kind: 'command', command })).json<RunSummary>()
  await eventually(
    `run ${id} ends`,
    async () => ((await toolbox.request(`/process/run/${id}`)).json<RunSummary>().state === 'running' ? null : true),
    60_000,
  )
  return `/process/run/${id}/journal`
}

test('lines of a long log are located by number, time, percentage and offset', async () => {
  const journal = await run('seq 200000; echo problem >&2; seq 200001 300000')
  const locate = async (query: string) => (await toolbox.request(`${journal}/locate?${query}`)).json<LineLocation>()
  const before = (count: number) =>
    Array.from({ length: count }, (_, i) => String(i + 1).length + 1).reduce((a, b) => a + b, 0)
  const offset = before(123_455)
  expect(await locate('line=123456')).toMatchObject({ line: 123_456, offset, lines: 300_001 })
  expect(await locate(`offset=${offset + 3}`)).toMatchObject({ line: 123_456, lineOffset: offset })
  expect(await locate('line=999999999')).toMatchObject({ line: 300_001 })
  expect(await locate('line=1&stream=stderr')).toMatchObject({ line: 1, offset: 0, lines: 1, size: 8 })
  expect(await locate('line=200001&stream=stdout')).toMatchObject({
    line: 200_001,
    offset: before(200_000),
    lines: 300_000,
  })
  expect(await locate('time=0')).toMatchObject({ line: 1, offset: 0 })
  const { size } = await locate('percent=100')
  const middle = await locate('percent=50')
  expect([middle.offset, middle.lineOffset <= middle.offset]).toEqual([Math.floor(size / 2), true])
})

test('the overview counts all lines and bytes of stderr', async () => {
  const journal = await run('for i in 1 2 3; do seq 20000; echo problem >&2; sleep 0.05; done')
  const overview = (await toolbox.request(`${journal}/overview?buckets=40`)).json<JournalOverview>()
  expect(overview).toMatchObject({ by: 'time', lines: 60_003 })
  expect([overview.offsets.length, overview.lineCounts.length]).toEqual([41, 40])
  expect(overview.lineCounts.reduce((a, b) => a + b, 0)).toBe(60_003)
  expect(overview.stderrBytes.reduce((a, b) => a + b, 0)).toBe(24)
  expect(overview.lineCounts.filter((count) => count > 0).length).toBeGreaterThan(1)
})

test('a request without a location, or with two, is refused', async () => {
  const journal = await run('echo x')
  for (const query of ['', 'line=1&percent=5', 'line=0', 'percent=101']) {
    expect((await toolbox.request(`${journal}/locate?${query}`)).status).toBe(400)
  }
})

test('the capability is announced', async () => {
  const { extensions } = (await toolbox.request('/capabilities')).json<{ extensions: { lines: number } }>()
  expect(extensions.lines).toBe(1)
})
