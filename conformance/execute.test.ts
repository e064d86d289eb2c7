/** Checklist 13 to 24: one-shot commands. */
import { afterAll, expect, it } from 'vitest'
import { createSandbox, deployment } from './client'
import { expectError, shortest, timed } from './expectations'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

const post = (body: unknown) => sandbox.post('/process/execute', body)

it('13 execute answers with exit code and output', async () => {
  const answer = await post({ command: 'echo hi' })
  expect(answer.status).toBe(200)
  expect(answer.json()).toMatchObject({ exitCode: 0, result: 'hi\n' })
})

it('14 execute answers 200 with the exit code of a command that fails', async () => {
  expect(await sandbox.execute('exit 42')).toMatchObject({ exitCode: 42 })
})

it('15 execute keeps stdout and stderr in the order in which they were written', async () => {
  const lines = Array.from({ length: 200 }, (_, i) => `out ${i}\nerr ${i}\n`).join('')
  const command = 'i=0; while [ $i -lt 200 ]; do echo "out $i"; echo "err $i" >&2; i=$((i+1)); done'
  expect(await sandbox.execute(command)).toMatchObject({ exitCode: 0, result: lines })
})

it('16 execute runs in the given folder, and one that is missing is exit code -1 with a reason', async () => {
  expect(await sandbox.execute('pwd', { cwd: '/tmp' })).toMatchObject({ exitCode: 0, result: '/tmp\n' })
  expect(await sandbox.execute('pwd', { cwd: '/no/such/folder' })).toMatchObject({
    exitCode: -1,
    result: expect.stringMatching(/./),
  })
})

it('17 execute sets variables as they are, and refuses a name that is none', async () => {
  expect(await sandbox.execute('printf %s "$A"', { envs: { A: 'x y' } })).toMatchObject({ result: 'x y' })
  expectError(await post({ command: 'true', envs: { '1A': 'x' } }), 400, /invalid environment variable name: '1A'/)
})

it('18 a timeout answers 408 on time and leaves nothing running', async () => {
  const took = await shortest(1500, () =>
    timed(async () => {
      const answer = await post({ command: 'sleep 5.18', timeout: 1 })
      expectError(answer, 408, 'command execution timeout')
      expect(['REQUEST_TIMEOUT', 'PROCESS_EXECUTION_TIMEOUT']).toContain(answer.json<{ code: string }>().code)
    }),
  )
  expect(took).toBeGreaterThan(900)
  expect(took).toBeLessThan(1500)
  expect(await sandbox.processes()).not.toContain('sleep 5.18')
})

it('19 a timeout of 0 is no limit, and one that is no whole number is a 400', async () => {
  expect(await sandbox.execute('sleep 0.05; echo through', { timeout: 0 })).toMatchObject({ result: 'through\n' })
  for (const timeout of [-1, 1.5, '1']) expectError(await post({ command: 'true', timeout }), 400)
})

it('20 execute refuses an empty command', async () => {
  expectError(await post({}), 400)
  expectError(await post({ command: '' }), 400)
  expectError(await post({ command: '  ' }), 400, 'cannot be empty or whitespace-only')
})

it('21 a death by a signal and a command that is not there have the exit codes of a shell', async () => {
  expect((await sandbox.execute("sh -c 'kill -9 $$'; exit $?")).exitCode).toBe(137)
  expect([-1, 137]).toContain((await sandbox.execute('kill -9 $$')).exitCode)
  expect((await sandbox.execute('no-such-program')).exitCode).toBe(127)
})

it('22 execute takes a command of 200 KiB and a heredoc', async () => {
  const long = `text='${'x'.repeat(200 * 1024)}'; echo \${#text}`
  expect(await sandbox.execute(long)).toMatchObject({ exitCode: 0, result: `${200 * 1024}\n` })
  const heredoc = "cat <<'END'\none $TWO\n  'three'\nEND\necho after"
  expect(await sandbox.execute(heredoc)).toMatchObject({ result: "one $TWO\n  'three'\nafter\n" })
})

it('23 execute returns although a background process holds the pipe', { timeout: 120_000 }, async () => {
  const attempt = () =>
    timed(async () => expect(await sandbox.execute('sleep 30.23 & echo x')).toMatchObject({ result: 'x\n' }))
  const took = deployment.reference ? await attempt() : await shortest(2000, attempt)
  if (deployment.reference) return
  expect(took).toBeLessThan(2000)
  expect(await sandbox.processes()).toContain('sleep 30.23')
})

it('24 a command that reads its input does not eat the rest of the script', async () => {
  const { result } = await sandbox.execute('cat; echo after')
  expect([...(deployment.reference ? ['echo after', 'echo after\n'] : []), 'after\n']).toContain(result)
})
