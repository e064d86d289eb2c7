/** Checklist 75 to 83: the stateful interpreter. */
import { afterAll, expect, it } from 'vitest'
import { execute, startRun } from '@/lib/engine/test/interpreter-client'
import { createSandbox, deployment } from './client'
import { expectError, shortest, timed } from './expectations'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

const contexts = '/process/interpreter/context'

async function newContext(body: Record<string, unknown> = {}): Promise<string> {
  const answer = await sandbox.post(contexts, body)
  expect(answer.status).toBe(200)
  return answer.json<{ id: string }>().id
}

const run = (code: string, more: Record<string, unknown> = {}) => execute(sandbox, { code, ...more })

it('75 contexts are made, listed and deleted, and the default one is neither listed nor deleted', async () => {
  const made = await sandbox.post(contexts, {})
  expect([made.status, made.json()]).toEqual([
    200,
    expect.objectContaining({
      id: expect.any(String),
      cwd: expect.stringMatching(/^\//),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      active: true,
      language: 'python',
    }),
  ])
  const { id } = made.json<{ id: string }>()
  const list = async () =>
    (await sandbox.request(contexts)).json<{ contexts: { id: string }[] }>().contexts.map((it) => it.id)
  expect(await list()).toContain(id)
  expect(await list()).not.toContain('default')
  const deleted = await sandbox.delete(`${contexts}/${id}`)
  expect([deleted.status, deleted.json()]).toEqual([200, { message: 'Context deleted successfully' }])
  expect(await list()).not.toContain(id)
  expectError(await sandbox.delete(`${contexts}/${id}`), 404)
  expectError(await sandbox.delete(`${contexts}/default`), 400)
  expectError(await sandbox.post(contexts, { language: 'ruby' }), 400)
})

it('76 a run sends its output, completed and 1000, each frame with all five keys', async () => {
  const { frames, closed } = await run('print(1)')
  const nothing = { text: '', name: '', value: '', traceback: '' }
  expect(frames).toEqual([
    { ...nothing, type: 'stdout', text: '1\n' },
    { ...nothing, type: 'control', text: 'completed' },
  ])
  expect(closed).toEqual({ code: 1000, reason: '' })
})

it('77 variables stay in their context, and the default context needs no id', async () => {
  const [one, other] = [await newContext(), await newContext()]
  await run('x = "one"', { contextId: one })
  await run('x = "default"')
  expect((await run('print(x)', { contextId: one })).stdout).toBe('one\n')
  expect((await run('print(x)')).stdout).toBe('default\n')
  expect((await run('print(x)', { contextId: other })).error?.name).toBe('NameError')
})

it('78 an exception is an error frame with its traceback, and a good end', async () => {
  const { error, closed } = await run('raise ValueError("x")')
  expect(error).toMatchObject({ name: 'ValueError', value: 'x' })
  expect(error?.traceback).toContain('File "<stdin>", line 1')
  expect(closed?.code).toBe(1000)
})

it('79 a timeout closes with 4008 in time, and the context can be used afterwards', async () => {
  const contextId = await newContext()
  await run('kept = 7', { contextId })
  const took = await shortest(3500, () =>
    timed(async () => {
      const { closed } = await run('import time\ntime.sleep(30)', { contextId, timeout: 1 })
      expect(closed?.code).toBe(4008)
    }),
  )
  expect(took).toBeLessThan(3500)
  expect((await run('print(kept)', { contextId })).stdout).toBe('7\n')
})

it('80 what cannot be run is refused by the code of the close', async () => {
  const closeOf = async (message: unknown) => (await execute(sandbox, message)).closed
  expect(await closeOf('not json')).toMatchObject({ code: 1002 })
  expect(await closeOf({ code: '' })).toEqual({ code: 1008, reason: 'code is required' })
  expect(await closeOf({ code: '1', contextId: 'none' })).toEqual({
    code: 1008,
    reason: expect.stringContaining('context not found: none'),
  })
  expect(await closeOf({ code: '1', timeout: -1 })).toMatchObject({ code: 1008 })
})

it('81 variables of the environment are there during their run only', async () => {
  const code = 'import os; print(os.environ.get("ONLY_HERE"))'
  expect((await run(code, { envs: { ONLY_HERE: 'yes' } })).stdout).toBe('yes\n')
  expect((await run(code)).stdout).toBe('None\n')
})

it('82 runs of one context follow each other, runs of two go side by side', async () => {
  const [one, other] = [await newContext(), await newContext()]
  const serial = 'log.append("begin"); import time; time.sleep(0.2); log.append("end")'
  await run('log = []', { contextId: one })
  await Promise.all([1, 2, 3].map(() => run(serial, { contextId: one })))
  expect((await run('print(*log)', { contextId: one })).stdout).toBe('begin end begin end begin end\n')
  // Each waits for the file that the other makes: one after the other, neither would ever end well.
  const meet = (mine: string, theirs: string) =>
    `import os, time\nopen("${mine}", "w").close()\nuntil = time.time() + 20\nwhile not os.path.exists("${theirs}") and time.time() < until: time.sleep(0.01)\nprint(os.path.exists("${theirs}"))`
  const met = await Promise.all([
    run(meet('met-a', 'met-b'), { contextId: one }),
    run(meet('met-b', 'met-a'), { contextId: other }),
  ])
  expect(met.map((it) => it.stdout)).toEqual(['True\n', 'True\n'])
})

it('83 a large print, a child and a death of the process are all reported', async () => {
  if (deployment.reference) return
  const large = await run('print("x" * 5_000_000)')
  expect(large.stdout).toBe(`${'x'.repeat(5_000_000)}\n`)
  const child = await run('import os; print("before", flush=True); os.system("echo hi"); print("after")')
  expect(child.stdout).toBe('before\nhi\nafter\n')
  const contextId = await newContext()
  const dying = await startRun(sandbox, { code: 'import os; os._exit(1)', contextId })
  const waiting = await startRun(sandbox, { code: 'print("alive")', contextId })
  expect((await dying.done()).code).not.toBe(1000)
  expect((await waiting.done()).code).toBe(1000)
  expect(waiting.stdout).toBe('alive\n')
})
