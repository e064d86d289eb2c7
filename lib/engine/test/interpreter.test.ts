/** The interpreter as a plain SDK client uses it: section 2.5 and checks 75 to 83. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InterpreterRun, RunItem } from '@/lib/process-api/interpreter'
import { execute, startRun } from './interpreter-client'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})

const contexts = '/process/interpreter/context'

async function newContext(body: unknown = {}): Promise<{ id: string; cwd: string }> {
  const response = await toolbox.post(contexts, body)
  expect(response.status).toBe(200)
  return response.json()
}

describe('contexts over REST', () => {
  it('creates, lists and deletes contexts', async () => {
    const made = await toolbox.post(contexts, {})
    expect(made.status).toBe(200)
    const context = made.json<Record<string, unknown>>()
    expect(context).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      cwd: toolbox.homeDir,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      active: true,
      language: 'python',
    })
    const listed = (await toolbox.request(contexts)).json<{ contexts: Array<{ id: string }> }>()
    expect(listed.contexts.map((it) => it.id)).toContain(context.id)
    expect(listed.contexts.map((it) => it.id)).not.toContain('default')
    const deleted = await toolbox.request(`${contexts}/${context.id}`, { method: 'DELETE' })
    expect(deleted.status).toBe(200)
    expect(deleted.json()).toEqual({ message: 'Context deleted successfully' })
    const again = await toolbox.request(`${contexts}/${context.id}`, { method: 'DELETE' })
    expect(again.status).toBe(404)
    expect(again.json()).toMatchObject({ statusCode: 404, code: 'NOT_FOUND', source: 'DAYTONA_DAEMON' })
  })

  it('rejects invalid requests', async () => {
    const refused = async (body: unknown) => {
      const response = await toolbox.post(contexts, body)
      return [response.status, response.json<{ message: string }>().message]
    }
    expect(await refused({ language: 'ruby' })).toEqual([400, 'bad request: unsupported language: ruby'])
    expect((await refused('{'))[0]).toBe(400)
    expect((await refused(''))[0]).toBe(400)
    expect((await refused({ cwd: 5 }))[0]).toBe(400)
    const [status, message] = await refused({ cwd: '/no/such/folder' })
    expect(status).toBe(400)
    expect(message).toMatch(/^bad request: failed to create context: .*\/no\/such\/folder does not exist/)
    const system = await toolbox.request(`${contexts}/default`, { method: 'DELETE' })
    expect(system.status).toBe(400)
    expect((await toolbox.request('/process/interpreter/execute')).status).toBe(400)
  })

  it('starts in the working directory, or in the requested one', async () => {
    const context = await newContext({ cwd: '/tmp' })
    expect((await execute(toolbox, { code: 'import os; print(os.getcwd())', contextId: context.id })).stdout).toBe(
      '/tmp\n',
    )
    expect((await execute(toolbox, { code: 'import os; print(os.getcwd())' })).stdout).toBe(`${toolbox.homeDir}\n`)
  })

  it('reports why it cannot start without Python', async () => {
    const programs = mkdtempSync(path.join(tmpdir(), 'sandglass-programs-'))
    symlinkSync('/usr/bin/mkfifo', path.join(programs, 'mkfifo'))
    const bare = await startToolbox({ basePath: programs })
    try {
      const made = await bare.post(contexts, {})
      expect(made.status).toBe(500)
      expect(made.json<{ message: string }>().message).toContain('python3 is not installed in this sandbox')
      const run = await execute(bare, { code: '1' })
      expect(run.closed).toEqual({ code: 1011, reason: 'worker process ended' })
      expect(run.error?.value).toContain('python3 is not installed')
    } finally {
      await bare.stop()
      rmSync(programs, { recursive: true })
    }
  })
})

describe('one execution', () => {
  it('sends output, completed and 1000, each frame with all five keys', async () => {
    const run = await execute(toolbox, { code: 'print(1)' })
    expect(run.frames).toEqual([
      { type: 'stdout', text: '1\n', name: '', value: '', traceback: '' },
      { type: 'control', text: 'completed', name: '', value: '', traceback: '' },
    ])
    expect(run.closed).toEqual({ code: 1000, reason: '' })
  })

  it('accepts a binary first message', async () => {
    const client = await startRun(toolbox, Buffer.from(JSON.stringify({ code: 'print(2)' })).toString())
    await client.done()
    expect(client.stdout).toBe('2\n')
  })

  it('keeps stdout and stderr apart and in order', async () => {
    const code = 'import sys\nfor i in range(200):\n  print("o", i)\n  print("e", i, file=sys.stderr)'
    const run = await execute(toolbox, { code })
    const expected = Array.from({ length: 200 }, (_, i) => [`stdout:o ${i}\n`, `stderr:e ${i}\n`]).flat()
    expect(run.order).toEqual([...expected, 'control:completed'])
  })

  it('does not echo the value of a last expression', async () => {
    expect((await execute(toolbox, { code: '1 + 1' })).stdout).toBe('')
  })

  it('reports an exception with the frames of the code', async () => {
    const run = await execute(toolbox, { code: 'raise ValueError("x")' })
    expect(run.error).toMatchObject({ name: 'ValueError', value: 'x' })
    expect(run.error?.traceback).toBe(
      'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n    raise ValueError("x")\nValueError: x\n',
    )
    expect(run.control).toBe('completed')
    expect(run.closed?.code).toBe(1000)
  })

  it('shows the right source line of a function that an earlier run defined', async () => {
    const { id: contextId } = await newContext()
    await execute(toolbox, { contextId, code: 'def f(x):\n    # divides\n    return 1 / x' })
    const run = await execute(toolbox, { contextId, code: 'y = 0\nf(y)' })
    expect(run.error?.traceback.split('\n').slice(1, 5)).toEqual([
      '  File "<stdin>", line 2, in <module>',
      '    f(y)',
      '  File "<stdin>", line 3, in f',
      '    return 1 / x',
    ])
  })

  it('reports chained exceptions and syntax errors in Python’s words', async () => {
    const chained = await execute(toolbox, {
      code: 'try:\n  {}["k"]\nexcept KeyError as e:\n  raise RuntimeError("no") from e',
    })
    expect(chained.error?.traceback).toContain("KeyError: 'k'\n\nThe above exception was the direct cause")
    const grammar = await execute(toolbox, { code: 'x = = 1' })
    expect(grammar.error).toMatchObject({ name: 'SyntaxError', value: 'invalid syntax (<string>, line 1)' })
    expect(grammar.error?.traceback).toContain('File "<stdin>", line 1')
    const inner = await execute(toolbox, { code: 'compile("x = = 1", "mine.py", "exec")' })
    expect(inner.error?.traceback).toContain('File "<stdin>", line 1, in <module>')
    expect(inner.error?.value).toContain('mine.py')
  })

  it('treats sys.exit() as a normal end', async () => {
    const run = await execute(toolbox, { code: 'import sys; print("a"); sys.exit(3)' })
    expect(run.order).toEqual(['stdout:a\n', 'control:completed'])
    expect((await execute(toolbox, { code: 'import sys; sys.exit("bye")' })).stderr).toBe('bye\n')
    for (const odd of ['True', '2 ** 70', '-1', '[]', 'None']) {
      expect((await execute(toolbox, { code: `import sys; sys.exit(${odd})` })).control).toBe('completed')
    }
  })

  it('keeps the state of each context separate', async () => {
    const [a, b] = [await newContext(), await newContext()]
    await execute(toolbox, { code: 'x = 1', contextId: a.id })
    await execute(toolbox, { code: 'x = 2', contextId: b.id })
    await execute(toolbox, { code: 'x = 3' })
    expect((await execute(toolbox, { code: 'print(x)', contextId: a.id })).stdout).toBe('1\n')
    expect((await execute(toolbox, { code: 'print(x)', contextId: b.id })).stdout).toBe('2\n')
    expect((await execute(toolbox, { code: 'print(x)' })).stdout).toBe('3\n')
    expect((await execute(toolbox, { code: 'print(__name__)' })).stdout).toBe('__main__\n')
  })

  it('applies environment variables to one run only', async () => {
    const code = 'import os; print(os.environ.get("FOO"), flush=True); os.system("echo $FOO")'
    expect((await execute(toolbox, { code, envs: { FOO: 'x y' } })).stdout).toBe('x y\nx y\n')
    expect((await execute(toolbox, { code })).stdout).toBe('None\n\n')
  })

  it('does not expose the secrets of its host', async () => {
    const run = await execute(toolbox, { code: 'import os; print(dict(os.environ))' })
    expect(run.stdout).not.toContain('SECRET_OF_THE_HOST')
    expect(run.stdout).not.toContain('do not tell')
  })

  it('delivers 5 MB completely, and invalid bytes as U+FFFD', async () => {
    const run = await execute(toolbox, { code: 'print("é" * 2_500_000)' })
    expect(run.stdout).toBe(`${'é'.repeat(2_500_000)}\n`)
    const split = await execute(toolbox, {
      code: 'import os,time\nos.write(1, b"x \\xe2"); time.sleep(.05); os.write(1, b"\\x80\\x94 y\\n"); os.write(1, b"\\xff")',
    })
    expect(split.stdout).toBe('x — y\n�')
  })

  it('delivers a long print completely after a child has made the pipe non-blocking', async () => {
    const code = [
      'import subprocess, time',
      'child = subprocess.Popen(["node", "-e", "console.log(1); setInterval(() => {}, 1e6)"])',
      'time.sleep(.5); print("x" * 3_000_000); child.kill()',
    ].join('\n')
    const run = await execute(toolbox, { code })
    expect(run.error).toBeUndefined()
    expect(run.stdout.replace('1\n', '').length).toBe(3_000_001)
  })

  it('accepts code of 12 MB', async () => {
    const run = await execute(toolbox, { code: `x = "${'y'.repeat(12 * 1024 * 1024)}"\nprint(len(x))` })
    expect(run.stdout).toBe(`${12 * 1024 * 1024}\n`)
  })

  it('delivers a prompt at once, before its line is complete', async () => {
    const client = await startRun(toolbox, {
      code: 'import time; print("Name? ", end="", flush=True); time.sleep(1); print("x")',
    })
    await eventually('the prompt is there', () => client.stdout === 'Name? ', 900)
    await client.done()
    expect(client.stdout).toBe('Name? x\n')
  })
})

describe('rejections', () => {
  const closeOf = async (request: unknown) => (await execute(toolbox, request)).closed

  it('closes with the reference’s codes and reasons', async () => {
    expect(await closeOf('{')).toEqual({ code: 1002, reason: 'invalid JSON payload' })
    expect(await closeOf('[]')).toEqual({ code: 1002, reason: 'invalid JSON payload' })
    expect(await closeOf({ code: 5 })).toEqual({ code: 1002, reason: 'invalid JSON payload' })
    expect(await closeOf({ code: 'x', timeout: 1.5 })).toEqual({ code: 1002, reason: 'invalid JSON payload' })
    expect(await closeOf({ code: '' })).toEqual({ code: 1008, reason: 'code is required' })
    expect(await closeOf({})).toEqual({ code: 1008, reason: 'code is required' })
    expect(await closeOf({ code: 'x', timeout: -1 })).toEqual({
      code: 1008,
      reason: 'timeout must be greater than or equal to 0',
    })
    expect(await closeOf({ code: 'x', contextId: 'nope' })).toEqual({ code: 1008, reason: 'context not found: nope' })
    expect((await closeOf({ code: 'x', envs: { 'A=B': 'c' } }))?.code).toBe(1008)
  })

  it('truncates a very long close reason', async () => {
    const closed = await closeOf({ code: 'x', contextId: 'é'.repeat(300) })
    expect(closed?.code).toBe(1008)
    expect(closed?.reason).toContain('context not found: éé')
  })
})

describe('child processes of the code', () => {
  it('print in order with the code, from os.system and subprocess', async () => {
    const code = [
      'import os, subprocess, sys',
      'print("a")',
      'os.system("echo hi; echo err >&2")',
      'print("b")',
      'subprocess.run(["sh", "-c", "echo sub"])',
      'sys.stdout.buffer.write(b"raw\\n")',
      'os.write(1, b"fd\\n")',
    ].join('\n')
    const run = await execute(toolbox, { code })
    expect(run.stdout).toBe('a\nhi\nb\nsub\nraw\nfd\n')
    expect(run.stderr).toBe('err\n')
  })

  it('may open /dev/stderr and be piped through tee', async () => {
    const run = await execute(toolbox, {
      code: 'import os; os.system("echo x > /dev/stderr; echo y | tee /dev/stdout")',
    })
    expect(run.stderr).toBe('x\n')
    expect(run.stdout).toBe('y\ny\n')
  })

  it('get end-of-file at once when they read, as does input()', async () => {
    const run = await execute(toolbox, { code: 'import os; os.system("cat; echo read"); input("n? ")' })
    expect(run.stdout).toBe('read\nn? ')
    expect(run.error).toMatchObject({ name: 'EOFError' })
  })

  it('do not delay the end of the run in the background, nor do threads', async () => {
    const before = performance.now()
    const run = await execute(toolbox, { code: 'import subprocess; subprocess.Popen(["sleep", "5"]); print("on")' })
    expect(run.stdout).toBe('on\n')
    expect(performance.now() - before).toBeLessThan(20_000)
  })

  it('print into the run that started them, as do threads', async () => {
    const { id: contextId } = await newContext()
    const code = [
      'import threading',
      'go = threading.Event()',
      'def late():',
      '  go.wait(); print("from the thread")',
      'thread = threading.Thread(target=late); thread.start(); print("main")',
    ].join('\n')
    const first = await execute(toolbox, { contextId, code })
    const second = await execute(toolbox, { contextId, code: 'go.set(); thread.join(); print("joined")' })
    expect(first.stdout).toBe('main\n')
    expect(second.stdout).toBe('joined\n')
    const runs = await toolbox.request(`${contexts}/${contextId}/run`)
    const [, recorded] = runs.json<{ runs: Array<{ id: string; output: { bytes: number } }> }>().runs
    expect(recorded?.output.bytes).toBe('main\nfrom the thread\n'.length)
  })

  it('may be forks of the interpreter itself', async () => {
    const code = 'import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nprint("parent" if pid else "child")'
    const run = await execute(toolbox, { code })
    expect(run.stdout).toBe('child\nparent\n')
    const pool = await execute(toolbox, {
      code: 'import multiprocessing as m\nwith m.get_context("fork").Pool(2) as p: print(p.map(abs, [-1, -2]))',
    })
    expect(pool.stdout).toBe('[1, 2]\n')
  })
})

describe('queueing', () => {
  it('runs code of one context in sequence, and of two contexts in parallel', async () => {
    const [a, b] = [await newContext(), await newContext()]
    const code = 'import time\nbegun = time.time(); time.sleep(.4); print(begun, time.time())'
    const spans = await Promise.all(
      [a, a, b].map(async ({ id }) => {
        const run = await execute(toolbox, { code, contextId: id })
        const [from = 0, to = 0] = run.stdout.trim().split(' ').map(Number)
        return { from, to }
      }),
    )
    const [first, second, other] = spans
    if (!first || !second || !other) throw new Error('three runs')
    const overlap = (x: { from: number; to: number }, y: { from: number; to: number }) => x.from < y.to && y.from < x.to
    expect(overlap(first, second)).toBe(false)
    expect(overlap(first, other) || overlap(second, other)).toBe(true)
  })

  it('answers pings of a client whose run is queued', async () => {
    const { id: contextId } = await newContext()
    const long = await startRun(toolbox, { contextId, code: 'import time; time.sleep(1)' })
    const waiting = await startRun(toolbox, { contextId, code: 'print("turn")' })
    waiting.socket.ping()
    await once(waiting.socket, 'pong', { signal: AbortSignal.timeout(500) })
    expect(waiting.frames).toEqual([])
    await Promise.all([long.done(), waiting.done()])
    expect(waiting.stdout).toBe('turn\n')
  })

  it('continues when the client disconnects', async () => {
    const { id: contextId } = await newContext()
    const client = await startRun(toolbox, { contextId, code: 'import time; time.sleep(.3); x = "ran"; print(x)' })
    client.socket.terminate()
    expect((await execute(toolbox, { contextId, code: 'print(x)' })).stdout).toBe('ran\n')
  })

  it('ends running and queued runs of a deleted context', async () => {
    const { id: contextId } = await newContext()
    const running = await startRun(toolbox, { contextId, code: 'print("on")\nimport time; time.sleep(60)' })
    const waiting = await startRun(toolbox, { contextId, code: 'print(1)' })
    await eventually('the run has started', () => running.stdout === 'on\n')
    expect((await toolbox.request(`${contexts}/${contextId}`, { method: 'DELETE' })).status).toBe(200)
    expect(await running.done()).toEqual({ code: 1001, reason: 'context shutdown' })
    expect(await waiting.done()).toEqual({ code: 1001, reason: 'context shutdown' })
  })
})

describe('timeouts and exits', () => {
  it('interrupts a run at its timeout and keeps the variables', async () => {
    const { id: contextId } = await newContext()
    await execute(toolbox, { contextId, code: 'x = 5' })
    const before = performance.now()
    const run = await execute(toolbox, { contextId, code: 'import time; time.sleep(60)', timeout: 1 })
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(run.closed).toEqual({ code: 4008, reason: '' })
    expect(run.control).toBeUndefined()
    expect(run.error).toMatchObject({ name: 'TimeoutError' })
    expect(run.error?.value).toContain('its variables are kept')
    expect((await execute(toolbox, { contextId, code: 'print(x)' })).stdout).toBe('5\n')
  })

  it('interrupts a child in os.system, and a chain of them', async () => {
    const { id: contextId } = await newContext()
    const run = await execute(toolbox, {
      contextId,
      code: 'import os\nx = 1\nwhile True: os.system("sleep 60")',
      timeout: 1,
    })
    expect(run.closed?.code).toBe(4008)
    expect(run.error?.value).toContain('its variables are kept')
    expect((await execute(toolbox, { contextId, code: 'print(x)' })).stdout).toBe('1\n')
  })

  it('kills the process of code that ignores the interrupt, and reports that the variables are lost', async () => {
    const { id: contextId } = await newContext()
    const code = 'import time\nx = 5\nwhile True:\n  try: time.sleep(60)\n  except BaseException: pass'
    const before = performance.now()
    const run = await execute(toolbox, { contextId, code, timeout: 1 })
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(run.closed?.code).toBe(4008)
    expect(run.error?.value).toContain('its variables are lost')
    expect((await execute(toolbox, { contextId, code: 'print(x)' })).error?.name).toBe('NameError')
  })

  it('reports an exit at once and starts a new process', async () => {
    const { id: contextId } = await newContext()
    await execute(toolbox, { contextId, code: 'x = 5' })
    const before = performance.now()
    const run = await execute(toolbox, { contextId, code: 'import os; print("last words"); os._exit(3)', timeout: 0 })
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(run.order).toEqual(['stdout:last words\n', 'error:ContextError'])
    expect(run.error?.value).toBe('the Python process exited with code 3; the variables of this context are lost')
    expect(run.closed).toEqual({ code: 1011, reason: 'worker process ended' })
    expect((await execute(toolbox, { contextId, code: 'print("x" in dir())' })).stdout).toBe('False\n')
  })

  it('reports the signal of a crash, and continues with the queued runs', async () => {
    const { id: contextId } = await newContext()
    const [crash, next] = await Promise.all([
      execute(toolbox, { contextId, code: 'import os, signal; os.kill(os.getpid(), signal.SIGSEGV)' }),
      execute(toolbox, { contextId, code: 'print("next")' }),
    ])
    expect(crash.error?.value).toContain('signal SIGSEGV')
    expect(next.stdout).toBe('next\n')
  })

  it('withstands code that manipulates descriptors and streams', async () => {
    const { id: contextId } = await newContext()
    await execute(toolbox, {
      contextId,
      code: 'import sys, os; sys.stdout.close(); os.close(1); os.close(2); sys.stderr = None',
    })
    expect((await execute(toolbox, { contextId, code: 'print("again")' })).stdout).toBe('again\n')
    await execute(toolbox, { contextId, code: 'import os; x = 5; os.closerange(0, 3)' })
    const children = await execute(toolbox, { contextId, code: 'print(x, os.system("cat; echo out; echo err >&2"))' })
    expect([children.stdout, children.stderr]).toEqual(['out\n5 0\n', 'err\n'])
    await execute(toolbox, { contextId, code: 'import sys; sys.stdout.detach(); sys.stdin.detach()' })
    expect((await execute(toolbox, { contextId, code: 'print(x)' })).stdout).toBe('5\n')
    const before = performance.now()
    const broken = await execute(toolbox, {
      contextId,
      code: 'import os; os.write(3, b"\\x05\\0\\0\\0rogue"); import time; time.sleep(9)',
    })
    expect(broken.closed?.code).toBe(1011)
    expect(broken.error?.value).toContain('the code closed or disturbed the connection of its own process')
    expect(performance.now() - before).toBeLessThan(20_000)
    expect((await execute(toolbox, { contextId, code: 'print("fresh")' })).stdout).toBe('fresh\n')
  })

  const rogueFrames = (message: string, times: number) => `import os, struct
body = ('${message}').encode()
frame = memoryview(struct.pack('<I', len(body)) + body)
for _ in range(${times}):
    sent = 0
    while sent < len(frame): sent += os.write(3, frame[sent:])`

  it('kills a process that floods the channel with long messages, without blocking others for long', async () => {
    const { id: contextId } = await newContext()
    const code = rogueFrames(`{"op":"seen","x":[' + "1," * 10_000_000 + '1]}`, 40)
    const flood = await execute(toolbox, { contextId, code: `${code}\nimport time; time.sleep(99)` })
    expect(flood.error?.value).toContain('the code closed or disturbed the connection of its own process')
    expect((await execute(toolbox, { contextId, code: 'print("fresh")' })).stdout).toBe('fresh\n')
  })

  it.each(['{"op":"chart","seq":1,"chart":', '{"op":"display","seq":1,"data":{"omitted":{},"representations":{"x":'])(
    'kills a process that sends a result nested too deeply (%s…), without an unhandled error',
    async (start) => {
      const { id: contextId } = await newContext()
      const ends = '}'.repeat(start.split('{').length - 1 - (start.split('}').length - 1))
      const code = rogueFrames(`${start}' + "[" * 200_000 + "]" * 200_000 + '${ends}`, 1)
      await execute(toolbox, { contextId, code })
      expect((await execute(toolbox, { contextId, code: 'print("on")' })).stdout).toBe('on\n')
      expect(toolbox.log).not.toMatch(/uncaught exception|unhandled rejection/)
      const { runs } = (await toolbox.request(`/process/interpreter/context/${contextId}/run`)).json<{
        runs: InterpreterRun[]
      }>()
      for (const { id } of runs)
        expect((await toolbox.request(`/process/interpreter/context/${contextId}/run/${id}`)).status).toBe(200)
    },
  )

  it('sends a run with long values in parts', async () => {
    const { id: contextId } = await newContext()
    const start = '{"op":"display","seq":1,"data":{"omitted":{},"representations":{"text/plain":"'
    await execute(toolbox, { contextId, code: rogueFrames(`${start}' + "x" * 1_000_000 + '"}}}`, 3) })
    const { runs } = (await toolbox.request(`/process/interpreter/context/${contextId}/run`)).json<{
      runs: InterpreterRun[]
    }>()
    const answer = await toolbox.request(`/process/interpreter/context/${contextId}/run/${runs[0]?.id}`)
    expect(answer.headers['transfer-encoding']).toBe('chunked')
    const { items } = answer.json<{ items: RunItem[] }>()
    expect(items.map((item) => item.kind === 'display' && String(item.representations['text/plain']).length)).toEqual([
      1_000_000, 1_000_000, 1_000_000,
    ])
  })
})
