/** The extension `matches`: searches of real output over HTTP, compared with grep on the same bytes. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunSummary } from '@/lib/process-api/extensions'
import type { MatchesMessage, MatchingLines } from '@/lib/process-api/journal-matches'
import { StateFolder } from '../state/files'
import { DiskSpace } from '../toolbox/journal/disk-space'
import { journalFiles } from '../toolbox/journal/files'
import { Journal } from '../toolbox/journal/journal'
import { startScan } from '../toolbox/journal/scan/scanner'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture
let journal: string
let output: Buffer
beforeAll(async () => {
  toolbox = await startToolbox()
  const command = `seq -f 'line %.0f INFO request' 100000; echo 'ERROR needle-7 failed' >&2; seq -f 'line %.0f DEBUG' 20000`
  const { id } = (await toolbox.post('/process/run', { kind: 'command', command })).json<RunSummary>()
  await eventually(
    'the run ends',
    async () => ((await toolbox.request(`/process/run/${id}`)).json<RunSummary>().state === 'running' ? null : true),
    60_000,
  )
  journal = `/process/run/${id}/journal`
  output = (await toolbox.request(`${journal}/download`)).body
})
afterAll(() => toolbox.stop())

const query = (criteria: Record<string, string>) => String(new URLSearchParams(criteria))

async function matches(criteria: Record<string, string>): Promise<MatchesMessage[]> {
  const answer = await toolbox.request(`${journal}/matches?${query(criteria)}`)
  expect(answer.status).toBe(200)
  return answer.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function grep(...args: string[]): number {
  return Number(
    spawnSync('grep', ['-a', '-c', ...args], { input: output, env: { ...process.env, LC_ALL: 'C' } }).stdout.toString(),
  )
}

test('counts equal those of grep, and so do the lines of a filtered download', async () => {
  for (const [criteria, args] of [
    [{ text: '99', case: '1' }, ['-F', '99']],
    [{ text: 'info', case: '0' }, ['-i', 'info']],
    [{ text: '9 (INFO|DEBUG)', regex: '1', case: '1' }, ['-E', '9 (INFO|DEBUG)']],
    [{ text: 'needle-[0-9]+', regex: '1' }, ['-E', 'needle-[0-9]+']],
  ] as const) {
    const end = (await matches(criteria)).at(-1)
    expect(end).toMatchObject({ type: 'end', lines: grep(...args), complete: true, size: output.length })
    const filtered = await toolbox.request(`${journal}/filtered?${query(criteria)}`)
    expect(filtered.body.filter((byte) => byte === 10).length).toBe(grep(...args))
  }
})

test('by stream, by level and by time', async () => {
  expect((await matches({ text: 'needle', stream: 'stderr' })).at(-1)).toMatchObject({ lines: 1 })
  expect((await matches({ text: 'needle', stream: 'stdout' })).at(-1)).toMatchObject({ lines: 0 })
  expect((await matches({ level: 'error' })).at(-1)).toMatchObject({ lines: 1 })
  expect((await matches({ level: 'debug' })).at(-1)).toMatchObject({ lines: 20_000 })
  expect((await matches({ until: '1000' })).at(-1)).toMatchObject({ lines: 0 })
  expect((await matches({ since: '1000' })).at(-1)).toMatchObject({ lines: 120_001 })
})

test('next and previous matches, and pages of matching lines with their numbers', async () => {
  const needle = output.indexOf('needle-7')
  const next = async (criteria: Record<string, string>) =>
    (await toolbox.request(`${journal}/next?${query(criteria)}`)).json<{ offset: number | null }>().offset
  const needles = { text: 'needle-\\d', regex: '1' }
  expect(await next(needles)).toBe(needle)
  expect(await next({ ...needles, direction: 'backward' })).toBe(needle)
  expect(await next({ ...needles, from: String(needle + 1) })).toBeNull()
  expect(await next({ ...needles, from: String(needle), direction: 'backward' })).toBeNull()
  const page = (await toolbox.request(`${journal}/lines?${query({ ...needles, context: '1' })}`)).json<MatchingLines>()
  expect(page.lines.map(({ line, text, matches: own }) => [line, text, own])).toEqual([
    [100_000, 'line 100000 INFO request', false],
    [100_001, 'ERROR needle-7 failed', true],
    [100_002, 'line 1 DEBUG', false],
  ])
  const first = (
    await toolbox.request(`${journal}/lines?${query({ text: 'DEBUG', limit: '2' })}`)
  ).json<MatchingLines>()
  const second = (
    await toolbox.request(`${journal}/lines?${query({ text: 'DEBUG', limit: '2', from: String(first.next) })}`)
  ).json<MatchingLines>()
  expect([...first.lines, ...second.lines].map(({ line }) => line)).toEqual([100_002, 100_003, 100_004, 100_005])
})

test('an invalid pattern is refused with its reason', async () => {
  const answer = await toolbox.request(`${journal}/matches?${query({ text: '(a', regex: '1' })}`)
  expect(answer.status).toBe(400)
  expect(answer.text).toContain('regular expression is not valid')
})

test('a thread that reports nothing for too long is ended, and its place is free again', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-scan-'))
  try {
    const files = journalFiles(StateFolder.open(folder, null, false), 'j', 1 << 30)
    const long = Journal.create('j', files, { maxBytes: 1 << 30, space: new DiskSpace(folder) })
    for (let part = 0; part < 4; part += 1) long.append('stdout', Buffer.alloc(1024 * 1024, `${'a'.repeat(63)}\n`))
    long.seal()
    const search = async (maxSilenceMs?: number) => {
      const { signal } = new AbortController()
      const filter = { text: '(?:a?){500}(?:a?){400}[0-9]', regex: true, case: true, word: false }
      const task = { kind: 'first', from: 0 } as const
      const options = { filter, task, assetsDir: path.resolve('dist/toolbox'), signal }
      const { replies } = await startScan(long, maxSilenceMs === undefined ? options : { ...options, maxSilenceMs })
      for await (const reply of replies) if (reply.type === 'end') return reply.found
      return undefined
    }
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await expect(search(1)).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' })
    }
    expect(await search()).toBeNull()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
