/** Results of the interpreter and recordings of terminals that were changed while no toolbox ran. */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ContextDetail, InterpreterRunDetail, RunItem } from '@/lib/process-api/interpreter'
import type { PtyRecording } from '@/lib/process-api/pty'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

type RunWithItems = InterpreterRunDetail & { items: RunItem[] }

const base = '/process/interpreter/context/default'
let toolbox: ToolboxFixture
let run: RunWithItems
let recording: PtyRecording

beforeAll(async () => {
  toolbox = await startToolbox()
  const started = await toolbox.post(`${base}/run`, { code: 'print("printed")\n6 * 7' })
  const { id } = started.json<InterpreterRunDetail>()
  run = await eventually('the run ends', async () => {
    const now = (await toolbox.request(`${base}/run/${id}`)).json<RunWithItems>()
    return now.state === 'succeeded' ? now : null
  })
  await toolbox.post('/process/pty', { id: 'p1' })
  await toolbox.post('/process/pty/p1/recording', { action: 'start' })
  recording = (await toolbox.post('/process/pty/p1/recording', { action: 'stop' })).json()
  await toolbox.kill9()
  cpSync(toolbox.stateDir, kept(), { recursive: true, verbatimSymlinks: true })
  writeFileSync(victim(), 'secret')
})
afterEach(async () => {
  await toolbox.kill9()
  rmSync(toolbox.stateDir, { recursive: true, force: true })
  cpSync(kept(), toolbox.stateDir, { recursive: true, verbatimSymlinks: true })
})
afterAll(() => toolbox.stop())

const kept = () => path.join(toolbox.folder, 'kept')
const victim = () => path.join(toolbox.folder, 'victim')
const items = () => path.join(toolbox.stateDir, 'interpreter', 'runs', `${run.id}.items`)
const cast = () => path.join(toolbox.stateDir, 'pty-recordings', `${recording.id}.cast`)

async function runNow(): Promise<RunWithItems> {
  await toolbox.restart()
  return (await toolbox.request(`${base}/run/${run.id}`)).json()
}

async function recordingNow(): Promise<PtyRecording> {
  await toolbox.restart()
  return (await toolbox.request(`/process/pty-recording/${recording.id}`)).json()
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
}

describe('results', () => {
  test('that are unchanged are verified', async () => {
    const now = await runNow()
    expect(now).toEqual({ ...run, verified: true })
    expect(JSON.stringify(now.items)).toContain('42')
  })

  test.each([
    ['changed', () => writeFileSync(items(), readFileSync(items(), 'utf8').replace('42', '43'))],
    ['added', () => appendFileSync(items(), `${readFileSync(items(), 'utf8').split('\n')[0]}\n`)],
    [
      'without their code',
      () => writeFileSync(items(), readFileSync(items(), 'utf8').replace(/,"code":"[^"]{43}"/, '')),
    ],
  ])('that were %s are reported', async (_, plant) => {
    plant()
    expect(await runNow()).toMatchObject({ state: 'succeeded', verified: false, unverifiedReason: 'output' })
  })

  test('are not read through a link', async () => {
    rmSync(items())
    symlinkSync(victim(), items())
    const now = await runNow()
    expect([now.state, now.items]).toEqual(['succeeded', []])
    expect(JSON.stringify(now)).not.toContain('secret')
    const again = await toolbox.post(`${base}/run`, { code: '1' })
    expect(again.status).toBe(202)
    expect(readFileSync(victim(), 'utf8')).toBe('secret')
  })

  test('a context that was added to the list is not created', async () => {
    const file = path.join(toolbox.stateDir, 'interpreter', 'contexts.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"cwd":"[^"]*"/, '"cwd":"/planted"'))
    await toolbox.restart()
    const context = (await toolbox.request(base)).json<ContextDetail>()
    expect(context.cwd).toBe(toolbox.homeDir)
  })
})

describe('recordings', () => {
  test('that are unchanged are verified', async () => {
    expect(await recordingNow()).toEqual({ ...recording, verified: true })
  })

  test.each([
    ['a byte of it', () => flip(cast(), 40), 'output'],
    ['its length', () => appendFileSync(cast(), '[9,"o","more"]\n'), 'output'],
    ['its end', () => truncateSync(cast(), 30), 'output'],
    ['its note', () => writeNote((note) => note.replace('p1', 'p2')), 'record'],
    ['the code of its note', () => writeNote((note) => note.replace(/,"code":"[^"]{43}"/, '')), 'unsigned'],
  ])('of which %s was changed are reported but still listed', async (_, plant, unverifiedReason) => {
    plant()
    expect(await recordingNow()).toMatchObject({ id: recording.id, verified: false, unverifiedReason })
    expect((await toolbox.request(`/process/pty-recording/${recording.id}/download`)).status).toBe(200)
  })

  test('never lead to other files, through a link or through their id', async () => {
    rmSync(cast())
    symlinkSync(victim(), cast())
    const folder = path.dirname(cast())
    const note = readFileSync(`${cast()}.json`, 'utf8')
    writeFileSync(path.join(folder, 'x.cast.json'), note.replace(recording.id, '../../victim'))
    mkdirSync(path.join(folder, 'y.cast.json'))
    expect(await recordingNow()).toMatchObject({ verified: false, unverifiedReason: 'output' })
    const { recordings } = (await toolbox.request('/process/pty-recording')).json<{ recordings: PtyRecording[] }>()
    expect(recordings.map(({ id }) => id)).toEqual([recording.id])
    for (const id of [recording.id, encodeURIComponent('../../victim')]) {
      const { status, text } = await toolbox.request(`/process/pty-recording/${id}/download`)
      expect([404, 410]).toContain(status)
      expect(text).not.toContain('secret')
    }
    await toolbox.request(`/process/pty-recording/${recording.id}`, { method: 'DELETE' })
    expect(readFileSync(victim(), 'utf8')).toBe('secret')
    expect(readdirSync(folder)).not.toContain(path.basename(cast()))
  })
})

function writeNote(change: (note: string) => string): void {
  writeFileSync(`${cast()}.json`, change(readFileSync(`${cast()}.json`, 'utf8')))
}
