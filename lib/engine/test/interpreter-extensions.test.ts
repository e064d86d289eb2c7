/** The interpreter beyond the reference: interrupt, restart, input, values, viewers, history, lost state. */
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EngineEvent } from '@/lib/process-api/extensions'
import type {
  ContextDetail,
  DataTable,
  InterpreterRun,
  InterpreterRunDetail,
  RunItem,
} from '@/lib/process-api/interpreter'
import { execute, InterpreterClient, startRun } from './interpreter-client'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})

const rich = { extensions: true }
const base = '/process/interpreter/context'

async function newContext(): Promise<string> {
  const response = await toolbox.post(base, {})
  return response.json<{ id: string }>().id
}

async function detail(id: string): Promise<ContextDetail> {
  return (await toolbox.request(`${base}/${id}`)).json()
}

async function post<Value>(url: string, body: unknown = {}): Promise<Value> {
  const response = await toolbox.post(url, body)
  expect(response.status).toBeLessThan(300)
  return response.json()
}

async function runDetail(contextId: string, id: string) {
  const response = await toolbox.request(`${base}/${contextId}/run/${id}`)
  return response.json<InterpreterRunDetail & { items: RunItem[] }>()
}

describe('values', () => {
  const shown = async (code: string) => {
    const client = await execute(toolbox, { code }, rich)
    expect(client.error).toBeUndefined()
    return client.items.flatMap((item) =>
      item.kind === 'result' || item.kind === 'display' ? [item.representations] : [],
    )
  }

  it('of a last expression are sent in order with the output', async () => {
    const client = await execute(toolbox, { code: 'print("a")\n6 * 7' }, rich)
    expect(client.order).toEqual(['stdout:a\n', 'item:result', 'control:completed'])
    expect(client.items[0]).toMatchObject({ kind: 'result', at: 2, representations: { 'text/plain': '42' } })
    expect(await shown('_')).toEqual([{ 'text/plain': '42' }])
    expect(await shown('x = 1')).toEqual([])
    expect(await shown('None')).toEqual([])
    expect(await shown('x;')).toEqual([])
    expect(await shown('for i in range(3): i')).toEqual([])
  })

  it('are not computed for plain clients', async () => {
    const code = 'class Loud:\n  def __repr__(self): print("repr was called"); return "x"\nLoud()'
    expect((await execute(toolbox, { code })).stdout).toBe('')
    expect((await execute(toolbox, { code: 'display' })).error?.name).toBe('NameError')
  })

  it('have all representations that their object offers', async () => {
    const code = [
      'class Fancy:',
      '  def _repr_html_(self): return "<b>x</b>"',
      '  def _repr_png_(self): return b"\\x89PNG"',
      '  def _repr_mimebundle_(self, **_): return {"application/json": {"a": 1}}',
      '  def _repr_latex_(self): raise ValueError("not today")',
      '  def __repr__(self): return "fancy"',
      'display(Fancy())',
      'print("between")',
      'Fancy()',
    ].join('\n')
    const client = await execute(toolbox, { code }, rich)
    expect(client.order).toEqual(['item:display', 'stdout:between\n', 'item:result', 'control:completed'])
    for (const item of client.items) {
      expect(item).toMatchObject({
        representations: {
          'text/plain': 'fancy',
          'text/html': '<b>x</b>',
          'image/png': Buffer.from('\x89PNG', 'latin1').toString('base64'),
          'application/json': { a: 1 },
        },
      })
    }
  })

  it('of data frames are tables too', async () => {
    // The same shape as the classes of pandas, which need not be installed.
    const code = [
      'import sys, types',
      'class Part(list):',
      '  def tolist(self): return list(self)',
      'class Frame:',
      '  shape = (2, 2)',
      '  columns = Part(["a", "b"])',
      '  index = Part(["r1", "r2"])',
      '  dtypes = types.SimpleNamespace(iloc=["int64", "object"])',
      '  data = [[1, 2**60], ["x", float("nan")]]',
      '  class Slicer:',
      '    def __init__(self, frame): self.frame = frame',
      '    def __getitem__(self, key): return Part(self.frame.data[key[1]]) if isinstance(key[1], int) else self.frame',
      '  @property',
      '  def iloc(self): return Frame.Slicer(self)',
      '  def __len__(self): return 2',
      'Frame.__module__, Frame.__name__ = "pandas.core.frame", "DataFrame"',
      'Frame()',
    ].join('\n')
    const [first] = await shown(code)
    const table: DataTable = {
      columns: [
        { name: 'a', type: 'int64' },
        { name: 'b', type: 'object' },
      ],
      index: ['r1', 'r2'],
      rows: [
        [1, 'x'],
        [String(2n ** 60n), null],
      ],
      totalRows: 2,
      totalColumns: 2,
      truncated: false,
    }
    expect(first?.['application/vnd.sandglass.table+json']).toEqual(table)
  })

  it('that are huge are truncated, and the omitted part is counted', async () => {
    const client = await execute(toolbox, { code: '"x" * 3_000_000' }, rich)
    expect(client.items[0]).toMatchObject({ omitted: { 'text/plain': 3_000_002 } })
  })

  it('whose repr fails are an error of the run', async () => {
    const code = 'class Bad:\n  def __repr__(self): raise ValueError("no repr")\nBad()'
    expect((await execute(toolbox, { code }, rich)).error).toMatchObject({ name: 'ValueError', value: 'no repr' })
  })
})

describe('input()', () => {
  it('waits for the client’s reply', async () => {
    const contextId = await newContext()
    const client = await startRun(toolbox, { contextId, code: 'name = input("Name? ")\nprint("hi", name)' }, rich)
    await eventually('the question', () => client.items.find((item) => item.kind === 'input'))
    expect(client.items.at(-1)).toMatchObject({ kind: 'input', prompt: 'Name? ', password: false, at: 6 })
    expect(await detail(contextId)).toMatchObject({ state: 'busy', question: { prompt: 'Name? ', password: false } })
    client.socket.send(JSON.stringify({ type: 'answer', text: 'bob' }))
    await client.done()
    expect(client.order).toEqual(['stdout:Name? ', 'item:input', 'item:answer', 'stdout:hi bob\n', 'control:completed'])
    expect((await detail(contextId)).question).toBeNull()
  })

  it('accepts replies and end-of-file over REST, also for sys.stdin', async () => {
    const contextId = await newContext()
    const code = 'import sys\nprint(repr(sys.stdin.readline()))\ntry: input()\nexcept EOFError: print("eof")'
    const client = await startRun(toolbox, { contextId, code }, rich)
    const questions = () => client.items.filter((item) => item.kind === 'input').length
    await eventually('the first question', () => questions() === 1)
    await post(`${base}/${contextId}/answer`, { text: 'é' })
    await eventually('the second question', () => questions() === 2)
    await post(`${base}/${contextId}/answer`, { eof: true })
    await client.done()
    expect(client.stdout).toBe("'é\\n'\neof\n")
    const late = await toolbox.post(`${base}/${contextId}/answer`, { text: 'x' })
    expect(late.status).toBe(409)
  })

  it('keeps passwords out of the record', async () => {
    const contextId = await newContext()
    const code = 'import getpass\nprint(len(getpass.getpass("Secret: ")))'
    const client = await startRun(toolbox, { contextId, code }, rich)
    await eventually('the question', () => client.items.find((item) => item.kind === 'input'))
    expect(client.items.at(-1)).toMatchObject({ password: true, prompt: 'Secret: ' })
    await post(`${base}/${contextId}/answer`, { text: 'hunter2' })
    await client.done()
    expect(client.stdout).toBe('Secret: 7\n')
    expect(JSON.stringify(await runDetail(contextId, client.run?.id ?? ''))).not.toContain('hunter2')
  })

  it('can be interrupted', async () => {
    const contextId = await newContext()
    const client = await startRun(toolbox, { contextId, code: 'x = 1\ninput("n? ")' }, rich)
    await eventually('the question', () => client.items.find((item) => item.kind === 'input'))
    expect(await post(`${base}/${contextId}/interrupt`)).toEqual({ outcome: 'interrupted', state: 'kept' })
    await client.done()
    expect(client.control).toBe('interrupted')
    expect((await execute(toolbox, { contextId, code: 'print(x)\nprint(x)' }, rich)).stdout).toBe('1\n1\n')
  })
})

describe('interrupt', () => {
  it('stops a busy loop within a second and keeps the variables', async () => {
    const contextId = await newContext()
    await execute(toolbox, { contextId, code: 'x = 5' })
    const client = await startRun(toolbox, { contextId, code: 'print("on")\nwhile True: pass' })
    await eventually('the run has started', () => client.stdout === 'on\n')
    const before = performance.now()
    expect(await post(`${base}/${contextId}/interrupt`)).toEqual({ outcome: 'interrupted', state: 'kept' })
    await client.done()
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(client.error).toMatchObject({ name: 'KeyboardInterrupt' })
    expect(client.control).toBe('interrupted')
    expect(client.closed).toEqual({ code: 1000, reason: '' })
    expect((await execute(toolbox, { contextId, code: 'print(x)' })).stdout).toBe('5\n')
  })

  it('stops a flood of output, a sleep, a child, an event loop', async () => {
    const contextId = await newContext()
    const codes = [
      'while True: print("OK")',
      'print("OK")\nimport time; time.sleep(60)',
      'print("OK", flush=True)\nimport subprocess; subprocess.run(["sleep", "60"])',
      'import asyncio\nasync def main():\n  print("OK")\n  try: await asyncio.sleep(60)\n  finally: print("cleaned up")\nasyncio.run(main())',
    ]
    for (const code of codes) {
      const client = await startRun(toolbox, { contextId, code })
      await eventually('the run has started', () => client.stdout.startsWith('OK\n'))
      const before = performance.now()
      expect(await post(`${base}/${contextId}/interrupt`)).toEqual({ outcome: 'interrupted', state: 'kept' })
      await client.done()
      expect(performance.now() - before).toBeLessThan(20_000)
      if (code.includes('asyncio')) expect(client.stdout).toContain('cleaned up')
    }
  })

  it('reports when the code ignores it, and when nothing is running', async () => {
    const contextId = await newContext()
    const code =
      'import time\nprint("on")\nend = time.time() + 4\nwhile time.time() < end:\n  try: time.sleep(60)\n  except KeyboardInterrupt: pass'
    const client = await startRun(toolbox, { contextId, code })
    await eventually('the run has started', () => client.stdout === 'on\n')
    expect(await post(`${base}/${contextId}/interrupt`)).toMatchObject({ outcome: 'ignored' })
    expect((await detail(contextId)).state).toBe('busy')
    expect(await post(`${base}/${contextId}/restart`)).toMatchObject({ state: 'new' })
    await client.done()
    expect(await post(`${base}/${contextId}/interrupt`)).toEqual({ outcome: 'not-running', state: 'lost' })
    await execute(toolbox, { contextId, code: '1' })
    expect(await post(`${base}/${contextId}/interrupt`)).toEqual({ outcome: 'not-running', state: 'kept' })
  })
})

describe('the state of a context', () => {
  it('is lost after a restart, which ends its runs', async () => {
    const contextId = await newContext()
    await execute(toolbox, { contextId, code: 'x = 5' })
    const mark = `27${process.pid % 10_000}`
    const running = await startRun(toolbox, {
      contextId,
      code: `import subprocess, time\nsubprocess.Popen(["setsid", "sleep", "${mark}"])\nprint("on")\ntime.sleep(60)`,
    })
    const waiting = await startRun(toolbox, { contextId, code: 'print("never")' }, rich)
    await eventually('the run has started', () => running.stdout === 'on\n')
    const after = await post<ContextDetail>(`${base}/${contextId}/restart`)
    expect(after).toMatchObject({ state: 'new', generation: 1, pid: null })
    expect(after.lost?.message).toBe('the context was restarted; its variables are lost')
    for (const client of [running, waiting]) {
      expect(await client.done()).toEqual({ code: 1011, reason: 'context restarted' })
      expect(client.error?.value).toContain('the context was restarted')
    }
    expect(waiting.run).toMatchObject({ state: 'killed', reason: 'stopped', stateAfter: null })
    const left = await toolbox.post('/process/execute', { command: `pgrep -fx "sleep ${mark}" || echo none` })
    expect(left.json<{ result: string }>().result).toBe('none\n')
    const client = await execute(toolbox, { contextId, code: 'x' }, rich)
    expect(client.error?.name).toBe('NameError')
    expect(client.run?.generation).toBe(2)
  })

  it('is lost after the process exits, also while idle', async () => {
    const contextId = await newContext()
    await execute(toolbox, { contextId, code: 'import os, threading; threading.Timer(0.1, os._exit, [9]).start()' })
    await eventually('the process has exited', async () => (await detail(contextId)).state === 'new')
    expect((await detail(contextId)).lost?.message).toBe(
      'the Python process exited with code 9; the variables of this context are lost',
    )
    const died = await execute(toolbox, { contextId, code: 'import os; os._exit(3)' }, rich)
    expect(died.run).toMatchObject({ state: 'failed', exitCode: 3, reason: 'exited', stateAfter: 'lost' })
    expect(died.closed).toEqual({ code: 1011, reason: 'worker process ended' })
  })

  it('is lost after the toolbox was killed, but the history is kept', async () => {
    const contextId = await newContext()
    const before = await execute(toolbox, { contextId, code: 'print("kept"); 7' }, rich)
    const cut = await startRun(toolbox, { contextId, code: 'print("cut")\nimport time; time.sleep(60)' }, rich)
    await eventually('the run has started', () => cut.stdout === 'cut\n')
    await toolbox.kill9()
    await toolbox.restart()
    expect(await detail(contextId)).toMatchObject({
      state: 'new',
      generation: 1,
      lost: { message: 'the sandbox was restarted' },
    })
    expect(await runDetail(contextId, cut.run?.id ?? '')).toMatchObject({ state: 'lost', exitCode: null })
    const kept = await runDetail(contextId, before.run?.id ?? '')
    expect(kept).toMatchObject({ state: 'succeeded', stateAfter: 'kept', code: 'print("kept"); 7' })
    expect(kept.items).toMatchObject([{ kind: 'result', representations: { 'text/plain': '7' } }])
    const listed = (await toolbox.request(base)).json<{ contexts: Array<{ id: string }> }>()
    expect(listed.contexts.map((it) => it.id)).toContain(contextId)
    expect((await execute(toolbox, { contextId, code: 'print("again")' })).stdout).toBe('again\n')
  })
})

describe('runs without a socket', () => {
  it('are returned without their values, and with the beginning of their code, where a client requests that', async () => {
    const { id } = await post<{ id: string }>(`${base}/default/run`, { code: '6 * 7  # the result' })
    await eventually('the run ends', async () => (await runDetail('default', id)).state === 'succeeded')
    const response = await toolbox.request(`${base}/default/run/${id}?textLimit=5&items=none`)
    expect(response.json()).toMatchObject({ code: '6 * 7', textLength: 19, itemCount: 1, items: [] })
    expect(await runDetail('default', id)).toMatchObject({ code: '6 * 7  # the result', items: [{ kind: 'result' }] })
  })

  it('are started over REST and followed by several viewers', async () => {
    const contextId = await newContext()
    const code = 'import time\nfor i in range(5): print(i); time.sleep(.1)\n"end"'
    const started = await toolbox.post(`${base}/${contextId}/run`, { code })
    expect(started.status).toBe(202)
    const { id } = started.json<InterpreterRun>()
    const viewers = await Promise.all([1, 2, 3].map(() => watch(contextId, id)))
    viewers[0]?.socket.send(JSON.stringify({ type: 'interrupt' }))
    await Promise.all(viewers.map((viewer) => viewer.done()))
    const late = await watch(contextId, id)
    await late.done()
    for (const viewer of [...viewers, late]) {
      expect(viewer.stdout).toBe('0\n1\n2\n3\n4\n')
      expect(viewer.items).toMatchObject([{ kind: 'result', representations: { 'text/plain': "'end'" } }])
      expect(viewer.run).toMatchObject({ id, state: 'succeeded' })
    }
  })

  it('are listed newest first, page by page', async () => {
    const contextId = await newContext()
    for (let i = 0; i < 5; i += 1) await execute(toolbox, { contextId, code: `\n# number ${i}\nprint(${i})` })
    const titles: string[] = []
    let before = ''
    for (;;) {
      const response = await toolbox.request(`${base}/${contextId}/run?limit=2${before}`)
      const page = response.json<{ runs: InterpreterRun[]; next: string | null }>()
      titles.push(...page.runs.map((run) => run.title))
      if (page.next === null) break
      before = `&before=${page.next}`
    }
    expect(titles).toEqual(['# number 4', '# number 3', '# number 2', '# number 1', '# number 0'])
  })

  it('have a position in the queue', async () => {
    const contextId = await newContext()
    const first = await startRun(toolbox, { contextId, code: 'import time; time.sleep(.5)' }, rich)
    await eventually('the run has started', () => first.run?.state === 'running')
    const waiting = [
      await startRun(toolbox, { contextId, code: '1' }, rich),
      await startRun(toolbox, { contextId, code: '2' }, rich),
    ]
    await eventually('both wait', () => waiting.every((client) => client.run))
    expect(waiting.map((client) => client.frames[0]?.run?.position)).toEqual([1, 2])
    expect(await detail(contextId)).toMatchObject({ state: 'busy', queuedRuns: 2, currentRun: first.run?.id })
    await Promise.all(waiting.map((client) => client.done()))
  })

  it('are rejected when the queue is full', async () => {
    const contextId = await newContext()
    const codes = Array.from({ length: 130 }, () =>
      toolbox.post(`${base}/${contextId}/run`, { code: 'import time; time.sleep(9)' }),
    )
    const statuses = (await Promise.all(codes)).map((response) => response.status)
    expect(statuses.filter((status) => status === 202)).toHaveLength(129)
    expect(statuses.filter((status) => status === 429)).toHaveLength(1)
    await post(`${base}/${contextId}/restart`)
  })

  it('are published as events', async () => {
    const events: EngineEvent[] = []
    const socket = toolbox.webSocket('/events')
    socket.on('message', (data) => events.push(JSON.parse(String(data))))
    await once(socket, 'open')
    const contextId = await newContext()
    await execute(toolbox, { contextId, code: '1' })
    await toolbox.request(`${base}/${contextId}`, { method: 'DELETE' })
    await eventually('the deletion', () =>
      events.some((it) => it.type === 'context-deleted' && it.contextId === contextId),
    )
    const states = events.flatMap((it) =>
      it.type === 'context-run' && it.run.contextId === contextId ? [it.run.state] : [],
    )
    expect(states.at(-1)).toBe('succeeded')
    expect(
      events.some((it) => it.type === 'context' && it.context.id === contextId && it.context.state === 'busy'),
    ).toBe(true)
    socket.close()
  })
})

describe('output', () => {
  it('of a flood is recorded completely while its client is slow, without delaying others', async () => {
    const contextId = await newContext()
    const slow = await startRun(toolbox, { contextId, code: 'print("x" * 30_000_000)\nprint("end")' })
    slow.socket.pause()
    const { id } = await eventually('the run', async () => (await runs(contextId))[0])
    await eventually(
      'the run ended although its client does not read',
      async () => (await runDetail(contextId, id)).state === 'succeeded',
      20_000,
    )
    expect((await runDetail(contextId, id)).output.bytes).toBe(30_000_005)
    slow.socket.resume()
    await slow.done()
    expect(slow.stdout.length).toBe(30_000_005)
    expect(slow.stdout.endsWith('x\nend\n')).toBe(true)
  }, 60_000)
})

async function watch(contextId: string, runId: string): Promise<InterpreterClient> {
  const client = new InterpreterClient(toolbox.webSocket(`${base}/${contextId}/run/${runId}/follow`))
  await once(client.socket, 'open')
  return client
}

async function runs(contextId: string): Promise<InterpreterRun[]> {
  return (await toolbox.request(`${base}/${contextId}/run`)).json<{ runs: InterpreterRun[] }>().runs
}
