/** Checklist 31 to 44: sessions and their commands. */
import { randomUUID } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import { eventually } from '@/lib/engine/test/toolbox-fixture'
import type { SessionExecuteResponse } from '@/lib/process-api/process'
import { createSandbox, deployment } from './client'
import { expectError, shortest, timed } from './expectations'
import { openSession } from './session'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

const sessions = '/process/session'

it('31 a session is made with 201 and nothing, and its id again is a 409', async () => {
  const answer = await sandbox.post(sessions, { sessionId: 's' })
  expect([answer.status, answer.text]).toEqual([201, ''])
  expectError(await sandbox.post(sessions, { sessionId: 's' }), 409, 'session already exists')
})

it('32 a session needs an id, and entrypoint is reserved', async () => {
  expectError(await sandbox.post(sessions, {}), 400)
  expectError(await sandbox.post(sessions, { sessionId: '' }), 400)
  expectError(await sandbox.post(sessions, { sessionId: 'entrypoint' }), 400, 'reserved')
})

it('33 a session is read back with its commands, and an unknown one is a 404', async () => {
  const session = await openSession(sandbox)
  expect(await session.read()).toMatchObject({ sessionId: session.id, commands: [] })
  expectError(await sandbox.request(`${sessions}/none`), 404, 'session not found')
})

it('34 a command answers with its streams apart, its exit code and its id', async () => {
  const session = await openSession(sandbox)
  const answer = await session.post('exec', { command: 'echo a; echo b >&2' })
  expect(answer.status).toBe(200)
  const body = answer.json<SessionExecuteResponse>()
  expect(body).toMatchObject({ cmdId: expect.stringMatching(/./), stdout: 'a\n', stderr: 'b\n', exitCode: 0 })
  expect(body.output).toContain('a\n')
  expect(body.output).toContain('b\n')
})

it('35 folder and variables stay from one command to the next', async () => {
  const session = await openSession(sandbox)
  await session.run('cd /tmp')
  await session.run('export V=1')
  await session.run('greet() { echo "hi $1"; }')
  expect(await session.run('echo $PWD $V; greet you')).toMatchObject({ stdout: '/tmp 1\nhi you\n' })
})

it('36 an asynchronous command answers 202 with its id and four nulls', async () => {
  const session = await openSession(sandbox)
  for (const flag of ['runAsync', 'async']) {
    const answer = await session.post('exec', { command: 'true', [flag]: true })
    expect([answer.status, answer.json()]).toEqual([
      202,
      expect.objectContaining({ cmdId: expect.any(String), output: null, stdout: null, stderr: null, exitCode: null }),
    ])
  }
})

it('37 a running command has no exit code, one that ended has', async () => {
  const session = await openSession(sandbox)
  const id = await session.start('read x; (exit 5)')
  expect(await session.command(id)).not.toHaveProperty('exitCode')
  await session.input(id, 'go')
  expect(await session.ended(id)).toMatchObject({ id, exitCode: 5 })
})

it('38 a subshell fails with its code, and exit ends the command at once with its own', async () => {
  const session = await openSession(sandbox)
  expect(await session.run('(exit 7)')).toMatchObject({ exitCode: 7 })
  if (deployment.reference) return
  expect(await session.run('exit 3')).toMatchObject({ exitCode: 3 })
})

it('39 exec refuses an empty command and an unknown session', async () => {
  const session = await openSession(sandbox)
  for (const body of [{}, { command: '' }, { command: '  ' }]) expectError(await session.post('exec', body), 400)
  const unknown = await sandbox.post(`${sessions}/none/exec`, { command: 'true' })
  expectError(unknown, 404, 'session not found', 500)
})

it('40 a synchronous command that reads sees the end of its input at once', async () => {
  const session = await openSession(sandbox)
  expect(await session.run('cat; echo "read $?"')).toMatchObject({ stdout: 'read 0\n', exitCode: 0 })
})

it('41 the list has the session, never the entrypoint, and commands in the order of submission', async () => {
  const session = await openSession(sandbox)
  const ids = []
  for (let count = 0; count < 12; count += 1) ids.push((await session.run(`echo ${count}`)).cmdId)
  const list = (await sandbox.request(sessions)).json<{ sessionId: string; commands: { id: string }[] }[]>()
  expect(list.map((it) => it.sessionId)).toContain(session.id)
  expect(list.map((it) => it.sessionId)).not.toContain('entrypoint')
  const listed = list.find((it) => it.sessionId === session.id)?.commands.map((it) => it.id)
  if (deployment.reference) expect([...(listed ?? [])].sort()).toEqual([...ids].sort())
  else expect(listed).toEqual(ids)
})

it('42 a deleted session is gone with every process that it started', async () => {
  const session = await openSession(sandbox)
  await session.start("trap '' TERM; sleep 4242.1 & setsid sleep 4242.2 & wait")
  const sleeps = async () => (await sandbox.processes()).filter((line) => line.startsWith('sleep 4242')).length
  await eventually('both run', async () => (await sleeps()) === 2)
  const answer = await sandbox.delete(`${sessions}/${session.id}`)
  expect([answer.status, answer.text]).toEqual([204, ''])
  expectError(await sandbox.request(`${sessions}/${session.id}`), 404)
  await eventually('no process is left', async () => (await sleeps()) === 0, 6_000)
  expectError(await sandbox.delete(`${sessions}/entrypoint`), 400)
})

it('43 commands of one session never overlap', async () => {
  const session = await openSession(sandbox)
  const file = `order-${randomUUID()}`
  const commands = Array.from(
    { length: 6 },
    (_, i) => `echo begin ${i} >> ${file}; sleep 0.05; echo end ${i} >> ${file}`,
  )
  const answers = await Promise.all(
    commands.map((command, i) => session.post('exec', { command, runAsync: i % 2 === 0 })),
  )
  expect(answers.map((it) => it.status).sort()).toEqual([200, 200, 200, 202, 202, 202])
  const lines = (await session.run(`cat ${file}`)).stdout?.trim().split('\n') ?? []
  expect(lines).toHaveLength(12)
  const pairs = Array.from({ length: 6 }, (_, i) => [lines[2 * i], lines[2 * i + 1]])
  for (const [begin, end] of pairs) expect(end).toBe(begin?.replace('begin', 'end'))
})

it('44 a synchronous true takes less than 30 ms more than any other request', async () => {
  const session = await openSession(sandbox)
  await session.run('true')
  const floor = await shortest(0, () => timed(() => sandbox.request('/version')), 20)
  const took = await shortest(floor + 30, () => timed(() => session.run('true')), 50)
  if (!deployment.reference) expect(took - floor).toBeLessThan(30)
})
