/** Sessions across the end of their toolbox: what was recorded stays, what ran is reported truthfully, nothing is left over. */

import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { LiveProcess } from '@/lib/process-api/extensions'
import type { CommandDetail, SessionDetail, SessionExecuteResponse } from '@/lib/process-api/process'
import { toolboxConfigSchema } from '../config/toolbox-config'
import { Router } from '../http/router'
import { registerStoppedSessions } from '../toolbox/routes/sessions'
import { createReadServices } from '../toolbox/services/services'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

afterEach(() => toolbox.stop())

async function exec(session: string, command: string, runAsync = false): Promise<string> {
  const answer = await toolbox.post(`/process/session/${session}/exec`, { command, runAsync })
  expect([200, 202]).toContain(answer.status)
  return answer.json<SessionExecuteResponse>().cmdId
}

const sessionOf = async (id: string) => (await toolbox.request(`/process/session/${id}`)).json<SessionDetail>()

async function logsOf(session: string, id: string): Promise<string> {
  const answer = await toolbox.request(`/process/session/${session}/command/${id}/logs`)
  return answer.json<{ stdout: string }>().stdout
}

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** A session with a finished, a running and a queued command. */
async function prepare(): Promise<{ finished: string; running: string; queued: string; alive: LiveProcess[] }> {
  toolbox = await startToolbox()
  await toolbox.post('/process/session', { sessionId: 'first' })
  await toolbox.post('/process/session', { sessionId: 'work', cwd: '/tmp' })
  const finished = await exec('work', 'echo finished; (exit 4)')
  const running = await exec('work', 'echo so far; (setsid sleep 309 &); sleep 60', true)
  const queued = await exec('work', 'echo never', true)
  await eventually('the output', async () => (await logsOf('work', running)) === 'so far\n')
  const list = await toolbox.request('/process/session/work/processes')
  return { finished, running, queued, alive: list.json<{ processes: LiveProcess[] }>().processes }
}

function byId(session: SessionDetail, id: string): CommandDetail | undefined {
  return session.commands.find((it) => it.id === id)
}

test('after kill -9 of the toolbox, what ran is lost, what waited never started, what ended stays', async () => {
  const { finished, running, queued, alive } = await prepare()
  await toolbox.kill9()
  await toolbox.restart()

  const session = await sessionOf('work')
  expect(session).toMatchObject({
    state: 'ended',
    cwd: '/tmp',
    exitCode: null,
    signal: null,
    message: expect.stringContaining('interrupted'),
    commandCount: 3,
    queuedCount: 0,
  })
  expect(session.commands.map((it) => it.id)).toEqual([finished, running, queued])
  expect(byId(session, finished)).toMatchObject({ state: 'failed', exitCode: 4, durationMs: expect.any(Number) })
  const lost = byId(session, running)
  expect(lost).toMatchObject({ state: 'lost', reason: 'toolbox-lost', endedAt: null, durationMs: null })
  expect(lost).not.toHaveProperty('exitCode')
  expect(byId(session, queued)).toMatchObject({
    state: 'lost',
    startedAt: null,
    message: expect.stringContaining('never started'),
  })
  expect(await logsOf('work', finished)).toBe('finished\n')
  expect(await logsOf('work', running)).toBe('so far\n')

  for (const { pid } of alive) expect(isRunning(pid)).toBe(false)
  const refused = await toolbox.post('/process/session/work/exec', { command: 'true' })
  expect(refused.json()).toMatchObject({ statusCode: 410, code: 'SESSION_ENDED' })
  const input = await toolbox.post(`/process/session/work/command/${running}/input`, { data: 'x' })
  expect(input.json()).toMatchObject({ statusCode: 410, code: 'COMMAND_ALREADY_COMPLETED' })

  const list = (await toolbox.request('/process/session')).json<SessionDetail[]>()
  expect(list.map((it) => it.sessionId)).toEqual(['first', 'work'])
  expect((await toolbox.request('/process/session/work', { method: 'DELETE' })).status).toBe(204)
  expect((await toolbox.post('/process/session', { sessionId: 'work' })).status).toBe(201)
  await toolbox.restart()
  expect(await sessionOf('work')).toMatchObject({ commandCount: 0 })
})

test('an orderly stop ends commands as killed, and a stopped sandbox can be read', async () => {
  const { finished, running, queued, alive } = await prepare()
  const { stateDir, homeDir } = toolbox
  await toolbox.restart()
  const session = await sessionOf('work')
  expect(session).toMatchObject({ state: 'ended', message: expect.stringContaining('was stopped') })
  expect(byId(session, running)).toMatchObject({ state: 'killed', reason: 'sandbox-stopped' })
  expect(byId(session, queued)).toMatchObject({ state: 'killed', reason: 'sandbox-stopped', startedAt: null })
  for (const { pid } of alive) expect(isRunning(pid)).toBe(false)

  const config = toolboxConfigSchema.parse({
    sandboxId: 'stopped',
    stateDir,
    socketPath: '',
    scratchDir: '',
    homeDir,
    workDir: homeDir,
    user: 'tester',
    isolation: { kind: 'none', network: 'shared', warnings: [] },
    assetsDir: '',
  })
  const router = new Router(1024)
  registerStoppedSessions(router, createReadServices(config, true))
  const server = createServer((request, response) => void router.handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/process/session`
  const headers = { 'x-daytona-sdk-version': '0.216.0' }
  const read = async (url: string) => (await fetch(base + url, { headers })).json()
  expect(await read('/work')).toMatchObject({ state: 'ended', commandCount: 3 })
  expect(await read(`/work/command/${finished}/logs`)).toMatchObject({ stdout: 'finished\n' })
  expect(await read(`/work/command/${finished}/journal`)).toMatchObject({ size: 9 })
  expect(await read('/entrypoint')).toMatchObject({ system: true })
  expect((await fetch(`${base}/work`, { method: 'DELETE' })).status).toBe(404)
  server.close()
  await once(server, 'close')
})

test('a folder that cannot be read is left alone and hides no other session', async () => {
  toolbox = await startToolbox()
  await toolbox.post('/process/session', { sessionId: 'good' })
  const bad = path.join(toolbox.stateDir, 'sessions', crypto.randomUUID())
  mkdirSync(bad)
  writeFileSync(path.join(bad, 'session.json'), '{"half":')
  await toolbox.restart()
  const list = (await toolbox.request('/process/session')).json<SessionDetail[]>()
  expect(list.map((it) => it.sessionId)).toEqual(['good'])
  expect(readFileSync(path.join(bad, 'session.json'), 'utf8')).toBe('{"half":')
})
