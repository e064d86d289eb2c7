/** Checklist 58 to 61: input of running commands, and the entrypoint session. */
import { afterAll, expect, it } from 'vitest'
import { createSandbox, deployment } from './client'
import { expectError } from './expectations'
import { openSession } from './session'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

it('58 input reaches the command and is echoed into its log unless that was asked not to be', async () => {
  const session = await openSession(sandbox)
  const command = 'read n; echo "hi $n"'
  const echoed = await session.start(command)
  await session.input(echoed, 'bob')
  await session.ended(echoed)
  const stdout = (await session.logs(echoed)).json<{ stdout: string }>().stdout
  if (deployment.reference) expect(stdout).toContain('bob\n')
  else expect(stdout).toBe('bob\nhi bob\n')
  const silent = await session.start(command, { suppressInputEcho: true })
  await session.input(silent, 'eve')
  await session.ended(silent)
  expect((await session.logs(silent)).json()).toMatchObject({ stdout: 'hi eve\n' })
})

it('59 input with a newline gets no second one, and empty input is a 400', async () => {
  const session = await openSession(sandbox)
  const id = await session.start('read a; read b; echo "[$a][$b]"', { suppressInputEcho: true })
  for (const body of [{}, { data: '' }]) expectError(await session.post(`command/${id}/input`, body), 400)
  await session.input(id, 'one\n')
  await session.input(id, 'two')
  await session.ended(id)
  expect((await session.logs(id)).json()).toMatchObject({ stdout: '[one][two]\n' })
})

it('60 input after the end is a 410, to an unknown command a 404, to the entrypoint a 400', async () => {
  const session = await openSession(sandbox)
  const { cmdId } = await session.run('(exit 4)')
  const late = await session.post(`command/${cmdId}/input`, { data: 'x' })
  expectError(late, 410, 'already completed with exit code')
  expectError(await session.post('command/none/input', { data: 'x' }), 404, 'command not found')
  const route = '/process/session/entrypoint/command/entrypoint_command/input'
  expectError(await sandbox.post(route, { data: 'x' }), 400)
})

it('61 the entrypoint session and its logs can be read, and takes no commands', async () => {
  const session = await sandbox.request('/process/session/entrypoint')
  expect([session.status, session.json()]).toMatchObject([
    200,
    { sessionId: 'entrypoint', commands: [{ id: 'entrypoint_command', command: expect.any(String) }] },
  ])
  const split = await sandbox.request('/process/session/entrypoint/logs')
  expect([split.status, split.json()]).toMatchObject([
    200,
    { output: expect.any(String), stdout: expect.any(String), stderr: expect.any(String) },
  ])
  const text = await sandbox.request('/process/session/entrypoint/logs', { headers: { 'x-daytona-sdk-version': '' } })
  expect(text.status).toBe(200)
  expect(text.text).not.toMatch(/^\{/)
  expectError(await sandbox.post('/process/session/entrypoint/exec', { command: 'true' }), 400)
})
