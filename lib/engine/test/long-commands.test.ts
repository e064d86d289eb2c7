import { readdirSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommandDetail, SessionDetail, SessionExecuteResponse } from '@/lib/process-api/process'
import { startToolbox, type ToolboxFixture } from './toolbox-fixture'

const mebibyte = 1024 ** 2
const oldGo = { 'x-daytona-source': 'sdk-go', 'x-daytona-sdk-version': '0.180.0' }

let toolbox: ToolboxFixture
beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(() => toolbox.stop())

async function session(sessionId: string): Promise<string> {
  expect((await toolbox.post('/process/session', { sessionId })).status).toBe(201)
  return `/process/session/${sessionId}`
}

async function get<Value>(url: string, headers: Record<string, string> = {}): Promise<Value> {
  const answer = await toolbox.request(url, { headers })
  expect(answer.status).toBe(200)
  return answer.json<Value>()
}

/** A command of an exact length in bytes that prints the length of its argument. */
function commandOf(bytes: number): string {
  const [before, after] = ["x='", `'; echo \${#x}`]
  return `${before}${'x'.repeat(bytes - before.length - after.length)}${after}`
}

describe('a long command of a session', () => {
  test('is accepted up to the limit, and rejected with 413 and the limit above it', async () => {
    const url = await session('limit')
    const longest = await toolbox.post(`${url}/exec`, { command: commandOf(mebibyte) })
    expect(longest.json()).toMatchObject({ exitCode: 0, stdout: `${mebibyte - 16}\n` })
    const refused = await toolbox.post(`${url}/exec`, { command: commandOf(mebibyte + 1) })
    expect(refused.status).toBe(413)
    expect(refused.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', limit: mebibyte })
    // Bytes count, not characters.
    expect((await toolbox.post(`${url}/exec`, { command: `: ${'é'.repeat(mebibyte / 2)}` })).status).toBe(413)
    expect((await get<SessionDetail>(url)).commands).toHaveLength(1)
    expect(await get('/capabilities')).toMatchObject({ limits: { commandBytes: mebibyte } })
  })

  test('is listed truncated and marked as such, and complete in its own route', async () => {
    const url = await session('listed')
    const command = `: ${'é'.repeat(50_000)}`
    const { cmdId } = (await toolbox.post(`${url}/exec`, { command })).json<SessionExecuteResponse>()
    await toolbox.post(`${url}/exec`, { command: 'echo short' })
    const check = async () => {
      const all = await get<SessionDetail[]>('/process/session')
      for (const shown of [await get<SessionDetail>(url), all.find((it) => it.sessionId === 'listed')]) {
        const [long, short] = shown?.commands ?? []
        expect(Buffer.byteLength(long?.command ?? '')).toBe(4096)
        expect(long).toMatchObject({ id: cmdId, command: command.slice(0, 2049), commandTruncated: true, exitCode: 0 })
        expect(short?.command).toBe('echo short')
        expect(short).not.toHaveProperty('commandTruncated')
      }
      const one = await get<CommandDetail>(`${url}/command/${cmdId}`)
      expect(one.command).toBe(command)
      expect(one).not.toHaveProperty('commandTruncated')
    }
    await check()
    await toolbox.restart()
    await check()
  })

  test('a client that rejects unknown fields gets the truncated text without the mark', async () => {
    const url = await session('plain')
    const command = `: ${'x'.repeat(5_000)}`
    const { cmdId } = (await toolbox.post(`${url}/exec`, { command })).json<SessionExecuteResponse>()
    const listed = { id: cmdId, command: command.slice(0, 4096), exitCode: 0 }
    expect(await get(url, oldGo)).toEqual({ sessionId: 'plain', commands: [listed] })
    const all = await get<SessionDetail[]>('/process/session', oldGo)
    expect(all.find((it) => it.sessionId === 'plain')).toEqual({ sessionId: 'plain', commands: [listed] })
    expect(await get(`${url}/command/${cmdId}`, oldGo)).toEqual({ ...listed, command })
  })

  test('runs completely after waiting in the queue', async () => {
    const url = await session('queued')
    const first = await toolbox.post(`${url}/exec`, { command: 'read line', runAsync: true })
    const waiting = toolbox.post(`${url}/exec`, { command: commandOf(100_000) })
    const { cmdId } = first.json<SessionExecuteResponse>()
    expect((await toolbox.post(`${url}/command/${cmdId}/input`, { data: 'go' })).status).toBe(204)
    expect((await waiting).json()).toMatchObject({ exitCode: 0, stdout: `${100_000 - 16}\n` })
  })

  test('whose text is missing on disk is shown as far as known', async () => {
    const url = await session('gone')
    const { cmdId } = (await toolbox.post(`${url}/exec`, { command: commandOf(9_000) })).json<SessionExecuteResponse>()
    rmSync(fileOf(`${cmdId}.attachment`))
    const one = await get<CommandDetail>(`${url}/command/${cmdId}`)
    expect(one).toMatchObject({ command: commandOf(9_000).slice(0, 4096), commandTruncated: true })
  })
})

/** Find a file in the state folder by name. */
function fileOf(name: string): string {
  const found = readdirSync(toolbox.stateDir, { recursive: true, encoding: 'utf8' }).find((it) => it.endsWith(name))
  if (found === undefined) throw new Error(`${name} is not there`)
  return `${toolbox.stateDir}/${found}`
}
