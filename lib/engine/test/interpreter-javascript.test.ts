/** JavaScript and TypeScript contexts: the same behaviour as Python contexts, with Node.js. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContextDetail, InterpreterRun, InterpreterRunDetail, RunItem } from '@/lib/process-api/interpreter'
import { execute, type InterpreterClient, startRun } from './interpreter-client'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})

const base = '/process/interpreter/context'
const rich = { extensions: true }

async function newContext(language = 'javascript', cwd?: string): Promise<string> {
  const response = await toolbox.post(base, { language, ...(cwd ? { cwd } : {}) })
  expect(response.status).toBe(200)
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

async function newestRun(contextId: string): Promise<InterpreterRun> {
  const { runs } = (await toolbox.request(`${base}/${contextId}/run?limit=1`)).json<{ runs: InterpreterRun[] }>()
  const [run] = runs
  if (!run) throw new Error('no run')
  return run
}

async function outputOf(contextId: string, run: string, stream = ''): Promise<Buffer> {
  const response = await toolbox.request(`${base}/${contextId}/run/${run}/journal/download?${stream}`)
  return response.body
}

/** The texts of a run's values. */
function texts(client: InterpreterClient): unknown[] {
  return client.items.flatMap((item) => (item.kind === 'result' ? [item.representations['text/plain']] : []))
}

describe('a context in JavaScript', () => {
  it('is created by the name of its language, and reports language and version of Node', async () => {
    const made = await toolbox.post(base, { language: 'javascript' })
    expect(made.json()).toMatchObject({ active: true, language: 'javascript', cwd: toolbox.homeDir })
    const { id } = made.json<{ id: string }>()
    const { result } = (
      await toolbox.post('/process/code-run', {
        language: 'javascript',
        code: 'process.stdout.write(process.versions.node)',
      })
    ).json<{ result: string }>()
    expect(await detail(id)).toMatchObject({ language: 'javascript', version: result, state: 'idle' })
    const { contexts } = (await toolbox.request(base)).json<{ contexts: Array<{ id: string; language: string }> }>()
    expect(contexts.find((it) => it.id === id)?.language).toBe('javascript')
    expect((await toolbox.post(base, { language: 'coffeescript' })).status).toBe(400)
  })

  it('sends plain clients frames with the five keys, and nothing but output, error and control', async () => {
    const contextId = await newContext()
    const run = await execute(toolbox, { contextId, code: 'console.log(1); console.error(2); 3' })
    expect(run.frames).toEqual([
      { type: 'stdout', text: '1\n', name: '', value: '', traceback: '' },
      { type: 'stderr', text: '2\n', name: '', value: '', traceback: '' },
      { type: 'control', text: 'completed', name: '', value: '', traceback: '' },
    ])
    expect(run.closed).toEqual({ code: 1000, reason: '' })
    const code = 'typeof display === "undefined" && console.log("none"); ({ get x() { console.log("looked at") } })'
    expect((await execute(toolbox, { contextId, code })).stdout).toBe('none\n')
  })

  it('keeps top-level declarations, which may be declared again in any form', async () => {
    const contextId = await newContext()
    const value = async (code: string) => {
      const client = await execute(toolbox, { contextId, code }, rich)
      expect(client.error?.traceback).toBeUndefined()
      return texts(client)[0]
    }
    await value('let a = 1; const b = 2; var c = 3; class D { e = 4 } function f() { return a + b + c + new D().e }')
    expect(await value('f()')).toBe('10')
    const kinds = [
      'let x = 1',
      'const x = 2',
      'var x = 3',
      'function x() {}',
      'class x {}',
      'import x from "node:path"',
    ]
    for (const first of kinds) for (const second of kinds) await value(`${first}\n`).then(() => value(second))
    expect(await value('const x = 5; x')).toBe('5')
    expect(await value('a = 7; f()')).toBe('16')
    expect(await value('for (var i = 0; i < 3; i++) {} i')).toBe('3')
    expect(await value('function early() { return late() } function late() { return "hoisted" } early()')).toBe(
      "'hoisted'",
    )
    expect(await value('var kept = kept || 1; kept')).toBe('1')
    expect(await value('kept = 2; var kept = kept || 1; kept')).toBe('2')
    await execute(toolbox, { contextId, code: 'let dead = missing()' })
    expect(await value('var dead = 1; dead')).toBe('1')
    expect((await execute(toolbox, { contextId, code: 'const k = 1; k = 2' })).error).toMatchObject({
      name: 'TypeError',
      value: 'Assignment to constant variable.',
    })
    expect((await execute(toolbox, { contextId: await newContext(), code: 'a' })).error?.name).toBe('ReferenceError')
  })

  it('awaits at the top level', async () => {
    const contextId = await newContext()
    const code =
      'const late = await new Promise((done) => setTimeout(done, 20, "later"))\nfor await (const x of [1]) x\nlate'
    expect(texts(await execute(toolbox, { contextId, code }, rich))).toEqual(["'later'"])
    expect(texts(await execute(toolbox, { contextId, code: 'late' }, rich))).toEqual(["'later'"])
  })

  it('finds modules from its folder, by require and by both kinds of import', async () => {
    const folder = path.join(toolbox.homeDir, 'project')
    mkdirSync(path.join(folder, 'node_modules/esm-only'), { recursive: true })
    writeFileSync(path.join(folder, 'local.cjs'), 'exports.a = 1; exports.where = __dirname')
    writeFileSync(path.join(folder, 'local.mjs'), 'export const b = 2; export default 3')
    const manifest = { name: 'esm-only', exports: { import: './index.mjs' } }
    writeFileSync(path.join(folder, 'node_modules/esm-only/package.json'), JSON.stringify(manifest))
    writeFileSync(path.join(folder, 'node_modules/esm-only/index.mjs'), 'export const c = 4')
    const contextId = await newContext('javascript', folder)
    const code = [
      'import three, { b } from "./local.mjs"',
      'import * as fs from "node:fs"',
      'import { a as one } from "./local.cjs"',
      'const { c } = await import("esm-only")',
      'const load = () => import("./local.mjs");',
      '[require("./local.cjs").a, b, three, c, one, typeof fs.readFileSync, (await load()).b, __dirname === process.cwd()]',
    ].join('\n')
    const client = await execute(toolbox, { contextId, code }, rich)
    expect(client.error?.traceback).toBeUndefined()
    expect(texts(client)[0]).toMatch(/^\[\s+1,\s+2,\s+3,\s+4,\s+1,\s+'function',\s+2,\s+true\s+\]$/)
    expect((await execute(toolbox, { contextId, code: 'import { nope } from "./local.mjs"' })).error).toMatchObject({
      name: 'SyntaxError',
      value: "The requested module './local.mjs' does not provide an export named 'nope'",
    })
    expect((await execute(toolbox, { contextId, code: 'require("./nope")' })).error?.value).toContain('./nope')
  })

  it('applies environment variables to one run only, and exposes no secrets of the host', async () => {
    const contextId = await newContext()
    const code = 'console.log(process.env.FOO); require("child_process").execSync("echo $FOO", { stdio: "inherit" })'
    expect((await execute(toolbox, { contextId, code, envs: { FOO: 'x y' } })).stdout).toBe('x y\nx y\n')
    expect((await execute(toolbox, { contextId, code })).stdout).toBe('undefined\n\n')
    expect((await execute(toolbox, { contextId, code: 'console.log(process.env)' })).stdout).not.toContain(
      'do not tell',
    )
  })
})

describe('output of JavaScript', () => {
  it('is recorded byte for byte, in order, from every source', async () => {
    const contextId = await newContext()
    const code = [
      'process.stdout.write(Buffer.from([0x61, 0, 0xff, 0xe2]))',
      'process.stdout.write(new Uint8Array([0x80, 0x94, 10]))',
      'console.error("e1"); console.log("o1"); console.error("e2")',
      'require("child_process").execSync("printf sub; printf err >&2", { stdio: "inherit" })',
      'require("fs").writeSync(1, "raw\\n"); process.stdout.write("ff", "hex", () => {}); process.stdout.end("\\n")',
      'console.log("still open")',
    ].join('\n')
    const client = await execute(toolbox, { contextId, code })
    expect(client.error).toBeUndefined()
    expect(client.order.filter((it) => it.startsWith('stderr'))).toEqual(['stderr:e1\n', 'stderr:e2\n', 'stderr:err'])
    const { id } = await newestRun(contextId)
    const exact = Buffer.concat([
      Buffer.from([0x61, 0, 0xff, 0xe2, 0x80, 0x94, 10]),
      Buffer.from('o1\nsubraw\n'),
      Buffer.from([0xff, 10]),
      Buffer.from('still open\n'),
    ])
    expect(await outputOf(contextId, id, 'stream=stdout')).toEqual(exact)
  })

  it('alternates between the streams as the code does', async () => {
    const contextId = await newContext()
    const code = 'for (let i = 0; i < 100; i++) { console.log("o", i); console.error("e", i) }'
    const expected = Array.from({ length: 100 }, (_, i) => [`stdout:o ${i}\n`, `stderr:e ${i}\n`]).flat()
    expect((await execute(toolbox, { contextId, code })).order).toEqual([...expected, 'control:completed'])
  })

  it('of 5 MB is complete, also after a child has changed the mode of the pipe', async () => {
    const contextId = await newContext()
    const run = await execute(toolbox, { contextId, code: 'console.log("é".repeat(2_500_000))' })
    expect(run.stdout).toBe(`${'é'.repeat(2_500_000)}\n`)
    const code = [
      'const child = require("child_process").spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1e6)"],',
      '  { stdio: ["ignore", "inherit", "inherit"] })',
      'await new Promise((done) => setTimeout(done, 300))',
      'console.log("x".repeat(5_000_000)); child.kill()',
    ].join('\n')
    const mixed = await execute(toolbox, { contextId, code })
    expect(mixed.error).toBeUndefined()
    expect(mixed.stdout.replace('1\n', '').length).toBe(5_000_001)
  })

  it('of a timer, a promise or a child goes to the run that caused it, also after the run has ended', async () => {
    const contextId = await newContext()
    const code = [
      'const { spawn } = require("child_process")',
      'let go; const gate = new Promise((open) => { go = open })',
      'gate.then(() => console.log("promise"))',
      'const timer = setInterval(() => { if (globalThis.second) { console.log("timer"); clearInterval(timer) } }, 5)',
      'spawn("sh", ["-c", "read x; echo child"], { stdio: ["pipe", "inherit", "inherit"] }).stdin.on("error", () => {})',
      'console.log("main")',
    ].join('\n')
    const first = await execute(toolbox, { contextId, code }, rich)
    expect(first.stdout).toBe('main\n')
    const second = await execute(toolbox, {
      contextId,
      code: 'globalThis.second = true; go(); await new Promise((done) => setTimeout(done, 50)); console.log("second")',
    })
    expect(second.stdout).toBe('second\n')
    const id = first.run?.id ?? ''
    await eventually('both were printed', async () => {
      const text = String(await outputOf(contextId, id))
      return text.includes('promise\n') && text.includes('timer\n')
    })
  })

  it('of threads arrives, and code that manipulates descriptors does not disturb later runs', async () => {
    const contextId = await newContext()
    const code = [
      'const { Worker } = require("worker_threads")',
      'const worker = new Worker("console.log(\\"from a thread\\")", { eval: true })',
      'await new Promise((done) => worker.on("exit", done))',
    ].join('\n')
    expect((await execute(toolbox, { contextId, code })).stdout).toBe('from a thread\n')
    await execute(toolbox, {
      contextId,
      code: 'require("fs").closeSync(1); require("fs").closeSync(2); process.stdout.destroy()',
    })
    expect((await execute(toolbox, { contextId, code: 'console.log("again")' })).stdout).toBe('again\n')
    const closing = 'var x = 5; for (const fd of [0, 1, 2]) require("fs").closeSync(fd)'
    await execute(toolbox, { contextId, code: closing })
    const code2 =
      'console.log(x); require("child_process").execSync("cat; echo out; echo err >&2", { stdio: "inherit" })'
    const children = await execute(toolbox, { contextId, code: code2 })
    expect([children.stdout, children.stderr]).toEqual(['5\nout\n', 'err\n'])
    const broken = await execute(toolbox, {
      contextId,
      code: 'require("fs").writeSync(4, Buffer.from([5, 0, 0, 0, 1, 2, 3, 4, 5])); await new Promise(() => {})',
    })
    expect(broken.closed).toEqual({ code: 1011, reason: 'worker process ended' })
    expect((await execute(toolbox, { contextId, code: 'console.log("fresh")' })).stdout).toBe('fresh\n')
  })

  it('does not pass descriptors of the interpreter to children', async () => {
    const contextId = await newContext()
    const code = 'require("child_process").execSync("ls /proc/self/fd | tr \'\\\\n\' \' \'", { stdio: "inherit" })'
    expect((await execute(toolbox, { contextId, code })).stdout).toBe('0 1 2 3 ')
  })
})

describe('values of JavaScript', () => {
  const shown = async (code: string) => {
    const client = await execute(toolbox, { contextId: await newContext(), code }, rich)
    expect(client.error?.traceback).toBeUndefined()
    return client.items.flatMap((item) =>
      item.kind === 'result' || item.kind === 'display' ? [item.representations] : [],
    )
  }

  it('of a last expression are sent in order with the output', async () => {
    const contextId = await newContext()
    const client = await execute(toolbox, { contextId, code: 'console.log("a")\n6 * 7' }, rich)
    expect(client.order).toEqual(['stdout:a\n', 'item:result', 'control:completed'])
    expect(client.items[0]).toMatchObject({ kind: 'result', at: 2, representations: { 'text/plain': '42' } })
    expect(texts(await execute(toolbox, { contextId, code: '_ + 1' }, rich))).toEqual(['43'])
    for (const code of ['let x = 1', 'undefined', 'if (true) { 5 }', 'function f() { return 1 }']) {
      expect((await execute(toolbox, { contextId, code }, rich)).items).toEqual([])
    }
    expect(await shown('({ a: [1, { b: new Map([[1, "x"]]) }] })')).toEqual([
      { 'text/plain': "{\n  a: [ 1, { b: Map(1) { 1 => 'x' } } ]\n}" },
    ])
  })

  it('have all representations that they offer, and display() sends more of them', async () => {
    const code = [
      'const fancy = {',
      '  _repr_html_: () => "<b>x</b>",',
      '  _repr_latex_() { throw new Error("not today") },',
      '  [Symbol.for("Jupyter.display")]: () => ({ "image/png": new Uint8Array([0x89, 80]), "application/json": { a: 1 } }),',
      '}',
      'display(fancy); console.log("between")',
      'display.html("<i>y</i>"); display.png(Buffer.from([1, 2])); display.bundle({ "text/plain": "t", "text/markdown": "*t*" })',
      'fancy',
    ].join('\n')
    const client = await execute(toolbox, { contextId: await newContext(), code }, rich)
    expect(client.order.slice(0, 3)).toEqual(['item:display', 'stdout:between\n', 'item:display'])
    const [first, html, png, bundle, last] = client.items
    for (const item of [first, last]) {
      expect(item).toMatchObject({
        representations: { 'text/html': '<b>x</b>', 'image/png': 'iVA=', 'application/json': { a: 1 } },
      })
    }
    expect(html).toMatchObject({ representations: { 'text/html': '<i>y</i>', 'text/plain': '<i>y</i>' } })
    expect(png).toMatchObject({ representations: { 'image/png': 'AQI=' } })
    expect(bundle).toMatchObject({ representations: { 'text/plain': 't', 'text/markdown': '*t*' } })
  })

  it('that are lists of flat objects are tables too', async () => {
    const [list] = await shown('[{ a: 1, b: "x" }, { a: 2n, c: null, d: new Date(0) }, { a: NaN }]')
    expect(list?.['application/vnd.sandglass.table+json']).toEqual({
      columns: [
        { name: 'a', type: 'mixed' },
        { name: 'b', type: 'string' },
        { name: 'c', type: 'undefined' },
        { name: 'd', type: 'date' },
      ],
      index: null,
      rows: [
        [1, 'x', null, null],
        ['2', null, null, '1970-01-01T00:00:00.000Z'],
        [null, null, null, null],
      ],
      totalRows: 3,
      totalColumns: 4,
      truncated: false,
    })
    const [long] = await shown('Array.from({ length: 1500 }, (_, i) => ({ i }))')
    expect(long?.['application/vnd.sandglass.table+json']).toMatchObject({ totalRows: 1500, truncated: true })
    const [nested] = await shown('[{ a: { b: 1 } }]')
    expect(Object.keys(nested ?? {})).toEqual(['text/plain'])
  })

  it('that are huge are truncated and counted, and those without a representation are an error of the run', async () => {
    const contextId = await newContext()
    const client = await execute(toolbox, { contextId, code: '"x".repeat(3_000_000)' }, rich)
    expect(client.items[0]).toMatchObject({ omitted: { 'text/plain': 3_000_002 } })
    const code = '({ [require("util").inspect.custom]() { throw new RangeError("no inspection") } })'
    expect((await execute(toolbox, { contextId, code }, rich)).error).toMatchObject({
      name: 'RangeError',
      value: 'no inspection',
    })
  })
})

describe('errors of JavaScript', () => {
  const errorOf = async (code: string, contextId?: string) =>
    (await execute(toolbox, { contextId: contextId ?? (await newContext()), code })).error

  it('are reported with only the frames of the code, and the source line', async () => {
    const contextId = await newContext()
    await execute(toolbox, {
      contextId,
      code: '// defines\nfunction check(x) {\n  if (!x) throw new RangeError("no x")\n}',
    })
    expect(await errorOf('let x = 0\n  check(x)', contextId)).toMatchObject({
      name: 'RangeError',
      value: 'no x',
      traceback:
        '<run>:3\n  if (!x) throw new RangeError("no x")\n                ^\n\n' +
        'RangeError: no x\n    at check (<run>:3:17)\n    at <run>:2:3\n',
    })
    const inNode = await errorOf('require("fs").readFileSync("/nope")', contextId)
    expect(inNode?.traceback).toContain('at <run>:1:15')
    expect(inNode?.traceback).not.toContain('node:')
    const printed = await execute(toolbox, { contextId, code: 'console.log(new Error("y").stack)' })
    expect(printed.stdout).toBe('Error: y\n    at <run>:1:13\n')
  })

  it('of the syntax are V8’s, with their location', async () => {
    expect(await errorOf('let a = 1\nlet = = 1')).toEqual({
      type: 'error',
      text: '',
      name: 'SyntaxError',
      value: "Unexpected token '='",
      traceback: "<run>:2\nlet = = 1\n      ^\n\nSyntaxError: Unexpected token '='\n",
    })
    expect(await errorOf('import x from "y"\nfoo(')).toMatchObject({ name: 'SyntaxError' })
    expect((await errorOf('JSON.parse("{bad")'))?.traceback).toContain('at <run>:1:6')
  })

  it('may be anything that is thrown, with its cause', async () => {
    expect(await errorOf('throw 5')).toMatchObject({ name: 'Uncaught', value: '5', traceback: 'Uncaught 5\n' })
    expect(await errorOf('throw { a: 1 }')).toMatchObject({ name: 'Uncaught', value: '{ a: 1 }' })
    expect(await errorOf('throw null')).toMatchObject({ name: 'Uncaught', value: 'null' })
    const caused = await errorOf('throw new Error("outer", { cause: new TypeError("inner") })')
    expect(caused?.traceback).toContain('[cause]: TypeError: inner')
    expect(await errorOf('throw { get name() { throw 1 }, [Symbol.toStringTag]: "Error" }')).toBeDefined()
    expect(await errorOf('function f() { f() } f()')).toMatchObject({ name: 'RangeError' })
  })

  it('that are not caught end their run and keep the variables', async () => {
    const contextId = await newContext()
    await execute(toolbox, { contextId, code: 'let x = 5' })
    const ends = [
      'setTimeout(() => { throw new TypeError("in a timer") }, 5); await new Promise(() => {})',
      'Promise.reject(new TypeError("rejected")); await new Promise(() => {})',
      'process.nextTick(() => { null.x }); await new Promise(() => {})',
      'require("fs").readFile("/nope", (error) => { throw new TypeError(error.code) }); await new Promise(() => {})',
    ]
    for (const code of ends) {
      const client = await execute(toolbox, { contextId, code }, rich)
      expect(client.error?.name).toBe('TypeError')
      expect(client.run).toMatchObject({ state: 'failed', exitCode: 1, stateAfter: 'kept' })
    }
    expect((await execute(toolbox, { contextId, code: 'console.log(x)' })).stdout).toBe('5\n')
  })

  it('of callbacks after the end are printed into the output of their run', async () => {
    const contextId = await newContext()
    const code = 'setInterval(() => { throw new TypeError("too late") }, 10); console.log("on")'
    const client = await execute(toolbox, { contextId, code }, rich)
    expect(client.error).toBeUndefined()
    const id = client.run?.id ?? ''
    await eventually('the error is printed', async () => String(await outputOf(contextId, id)).includes('Uncaught'))
    expect(
      (await execute(toolbox, { contextId, code: 'await new Promise((done) => setTimeout(done, 60))' })).frames,
    ).toHaveLength(1)
    const stderr = String(await outputOf(contextId, id, 'stream=stderr'))
    expect(stderr).toContain('TypeError: too late\n    at Timeout._onTimeout (<run>:1:27)')
    expect(stderr.match(/too late/g)).toHaveLength(2)
  })

  it('are left to the code where it has handlers of its own', async () => {
    const contextId = await newContext()
    const code = [
      'process.once("uncaughtException", (error) => { console.log("mine", error.message); done() })',
      'let done; const handled = new Promise((resolve) => { done = resolve })',
      'setTimeout(() => { throw new Error("x") }, 5); await handled',
    ].join('\n')
    expect((await execute(toolbox, { contextId, code })).order).toEqual(['stdout:mine x\n', 'control:completed'])
  })
})

describe('input of JavaScript', () => {
  const asking = async (code: string) => {
    const contextId = await newContext()
    const client = await startRun(toolbox, { contextId, code }, rich)
    const questions = () => client.items.filter((item) => item.kind === 'input')
    return {
      client,
      contextId,
      async answer(number: number, answer: object) {
        await eventually(`question ${number}`, () => questions().length === number)
        client.socket.send(JSON.stringify({ type: 'answer', ...answer }))
      },
      questions,
    }
  }

  it('is requested by prompt() and input(), which block', async () => {
    const code = [
      'const name = prompt("Name? ")',
      'console.log("hi", name)',
      'console.log(input("Secret: ", { password: true }).length, prompt("", "preset"), prompt())',
    ].join('\n')
    const { client, contextId, answer, questions } = await asking(code)
    await answer(1, { text: 'bob' })
    await answer(2, { text: 'hunter2' })
    await answer(3, { text: '' })
    await answer(4, { eof: true })
    await client.done()
    expect(client.stdout).toBe('Name? hi bob\nSecret: 7 preset null\n')
    expect(questions().map((item) => item.kind === 'input' && [item.prompt, item.password])).toEqual([
      ['Name? ', false],
      ['Secret: ', true],
      ['', false],
      ['', false],
    ])
    expect(JSON.stringify(await runDetail(contextId, client.run?.id ?? ''))).not.toContain('hunter2')
  })

  it('is read from process.stdin by readline, which keeps the run going', async () => {
    const code = [
      'const rl = require("readline").createInterface({ input: process.stdin, output: process.stdout })',
      'rl.question("Name? ", (name) => rl.question("Age? ", (age) => { console.log("hi", name, age); rl.close() }))',
    ].join('\n')
    const { client, answer } = await asking(code)
    await answer(1, { text: 'é' })
    await answer(2, { text: '7' })
    await client.done()
    expect(client.stdout).toBe('Name? Age? hi é 7\n')
    expect(client.control).toBe('completed')
  })

  it('is read line by line to its end, and again in the next run', async () => {
    const code = 'for await (const line of require("readline").createInterface(process.stdin)) console.log("got", line)'
    const { client, contextId, answer } = await asking(code)
    await answer(1, { text: 'a' })
    await answer(2, { text: 'b' })
    await answer(3, { eof: true })
    await client.done()
    expect(client.stdout).toBe('got a\ngot b\n')
    const again = await startRun(
      toolbox,
      { contextId, code: 'process.stdin.once("data", (x) => { console.log(String(x)); process.stdin.pause() })' },
      rich,
    )
    await eventually('it asks', () => again.items.some((item) => item.kind === 'input'))
    await post(`${base}/${contextId}/answer`, { text: 'c' })
    await again.done()
    expect(again.stdout).toBe('c\n\n')
  })

  it('is end-of-file for plain clients', async () => {
    const code = [
      'console.log(prompt("n? "))',
      'process.stdin.on("end", () => console.log("end")).resume()',
      'require("child_process").execSync("cat; echo read", { stdio: "inherit" })',
    ].join('\n')
    expect((await execute(toolbox, { contextId: await newContext(), code })).stdout).toBe('n? null\nread\nend\n')
  })
})

describe('an interrupt of JavaScript', () => {
  /** Starts code that prints OK, interrupts it, and checks the variables. */
  const interrupted = async (contextId: string, code: string) => {
    const client = await startRun(toolbox, { contextId, code }, rich)
    await eventually(`it runs: ${code}`, () => client.stdout.startsWith('OK'))
    expect(await post(`${base}/${contextId}/interrupt`)).toEqual({ outcome: 'interrupted', state: 'kept' })
    await client.done()
    expect(client.control).toBe('interrupted')
    expect(client.error).toMatchObject({ name: 'Interrupted' })
    const after = await execute(toolbox, { contextId, code: 'console.log(x); await null; setTimeout(() => {}, 1)' })
    expect([code, after.stdout]).toEqual([code, '5\n'])
    return client
  }

  it('ends computations and waits of every kind, and keeps the variables', async () => {
    const contextId = await newContext()
    await execute(toolbox, { contextId, code: 'let x = 5' })
    const busy = [
      'console.log("OK"); while (true) {}',
      'console.log("OK"); await null; while (true) {}',
      'console.log("OK"); for (;;) await null',
      'console.log("OK"); const again = () => Promise.resolve().then(again); again(); await new Promise(() => {})',
      'console.log("OK"); const tick = () => process.nextTick(tick); tick(); await new Promise(() => {})',
      'setTimeout(() => { console.log("OK"); while (true) {} }, 1); await new Promise(() => {})',
      'setImmediate(() => { console.log("OK"); while (true) {} }); await new Promise(() => {})',
      'require("fs").readFile("/etc/passwd", () => { console.log("OK"); while (true) {} }); await new Promise(() => {})',
      'for (;;) console.log("OK")',
      'for (;;) { try { console.log("OK"); for (;;) {} } catch {} finally {} }',
      'console.log("OK"); /(a+)+b/.test("a".repeat(40))',
      'console.log("OK"); function deep() { try { deep() } finally { deep() } } deep()',
      'console.log("OK"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
      'console.log("OK"); await new Promise(() => {})',
      'console.log("OK"); await new Promise((done) => setTimeout(done, 60_000))',
      'console.log("OK"); require("child_process").execSync("sleep 60")',
      'console.log("OK"); for (;;) require("child_process").spawnSync("sleep", ["60"])',
      'console.log("OK"); await require("util").promisify(require("child_process").exec)("sleep 60")',
      'console.log("OK"); prompt("n? ")',
      'console.log("OK"); for await (const line of require("readline").createInterface(process.stdin)) line',
    ]
    for (const code of busy) await interrupted(contextId, code)
    expect((await detail(contextId)).generation).toBe(1)
  }, 120_000)

  it('reports where the code was, and cancels its timers', async () => {
    const contextId = await newContext()
    await execute(toolbox, { contextId, code: 'let x = 5, ticks = 0' })
    const code = 'console.log("OK")\nsetInterval(() => ticks++, 1)\nfunction spin() {\n  for (;;) {}\n}\nspin()'
    const client = await interrupted(contextId, code)
    expect(client.error?.traceback).toMatch(
      /^<run>:4\n {2}for \(;;\) \{\}\n[\s\S]*\n {4}at spin \(<run>:4:\d+\)\n {4}at <run>:6:1\n$/,
    )
    await interrupted(contextId, 'console.log("OK"); for (;;) { await new Promise((d) => setTimeout(d, 1)); ticks++ }')
    const counting =
      'const before = ticks; await new Promise((done) => setTimeout(done, 50)); console.log(ticks - before)'
    expect((await execute(toolbox, { contextId, code: counting })).stdout).toBe('0\n')
  })

  it('is the first step of a timeout, and killing the process is the second', async () => {
    const contextId = await newContext()
    await execute(toolbox, { contextId, code: 'let x = 5' })
    const run = await execute(toolbox, { contextId, code: 'for (;;) {}', timeout: 1 })
    expect(run.closed).toEqual({ code: 4008, reason: '' })
    expect(run.error).toMatchObject({ name: 'TimeoutError' })
    expect(run.error?.value).toContain('its variables are kept')
    expect(run.error?.traceback).toMatch(/TimeoutError: .*\n {4}at <run>:1:1\n$/)
    expect((await execute(toolbox, { contextId, code: 'console.log(x)' })).stdout).toBe('5\n')
    const stubborn = 'require("child_process").execSync("trap \'\' INT; while :; do sleep 1; done")'
    const killed = await execute(toolbox, { contextId, code: stubborn, timeout: 1 })
    expect(killed.closed?.code).toBe(4008)
    expect(killed.error?.value).toContain('its variables are lost')
    expect((await execute(toolbox, { contextId, code: 'typeof x' }, rich)).items[0]).toMatchObject({
      representations: { 'text/plain': "'undefined'" },
    })
  })
})

describe('the exit of a JavaScript process', () => {
  it('is reported with its code or signal, and the next run starts a new process', async () => {
    const contextId = await newContext()
    await execute(toolbox, { contextId, code: 'let x = 5' })
    const code = 'process.on("exit", () => console.log("last words")); process.exit(3)'
    const left = await execute(toolbox, { contextId, code, timeout: 0 }, rich)
    expect(left.order).toEqual(['stdout:last words\n', 'error:ContextError'])
    expect(left.error?.value).toBe('the Node.js process exited with code 3; the variables of this context are lost')
    expect(left.closed).toEqual({ code: 1011, reason: 'worker process ended' })
    expect(left.run).toMatchObject({ state: 'failed', exitCode: 3, reason: 'exited', stateAfter: 'lost' })
    expect(await detail(contextId)).toMatchObject({ state: 'new', generation: 1, pid: null })
    const fresh = await execute(toolbox, { contextId, code: 'typeof x' }, rich)
    expect(texts(fresh)).toEqual(["'undefined'"])
    expect(fresh.run?.generation).toBe(2)
    const killed = await execute(toolbox, { contextId, code: 'process.kill(process.pid, "SIGKILL"); for (;;) {}' })
    expect(killed.error?.value).toContain('SIGKILL')
    const late = await execute(toolbox, { contextId, code: 'setTimeout(() => process.exit(9), 50)' })
    expect(late.control).toBe('completed')
    await eventually('the process has exited', async () => (await detail(contextId)).state === 'new')
    expect((await detail(contextId)).lost?.message).toContain('exited with code 9')
  })

  it('is not caused by process.exitCode, which sets the exit code of the run', async () => {
    const contextId = await newContext()
    const failed = await execute(toolbox, { contextId, code: 'let x = 5; process.exitCode = 4' }, rich)
    expect(failed.run).toMatchObject({ state: 'failed', exitCode: 4, stateAfter: 'kept' })
    expect((await execute(toolbox, { contextId, code: 'x' }, rich)).run).toMatchObject({ exitCode: 0 })
  })

  it('follows a restart, which kills everything that the context started', async () => {
    const contextId = await newContext()
    const mark = `28${process.pid % 10_000}`
    const code = `require("child_process").spawn("setsid", ["sleep", "${mark}"]); console.log("on"); await new Promise(() => {})`
    const running = await startRun(toolbox, { contextId, code })
    await eventually('the run has started', () => running.stdout === 'on\n')
    expect(await post(`${base}/${contextId}/restart`)).toMatchObject({ state: 'new', generation: 1, pid: null })
    expect(await running.done()).toEqual({ code: 1011, reason: 'context restarted' })
    const left = await toolbox.post('/process/execute', { command: `pgrep -fx "sleep ${mark}" || echo none` })
    expect(left.json<{ result: string }>().result).toBe('none\n')
    expect((await execute(toolbox, { contextId, code: 'console.log("again")' })).stdout).toBe('again\n')
  })

  it('is reported as lost state after a restart of the toolbox', async () => {
    const contextId = await newContext('typescript')
    await execute(toolbox, { contextId, code: 'let x: number = 5' })
    await toolbox.kill9()
    await toolbox.restart()
    expect(await detail(contextId)).toMatchObject({
      language: 'typescript',
      state: 'new',
      lost: { message: 'the sandbox was restarted' },
    })
    expect((await execute(toolbox, { contextId, code: 'console.log(1 as number)' })).stdout).toBe('1\n')
  })
})

describe('a context in TypeScript', () => {
  it('strips types and keeps declarations', async () => {
    const contextId = await newContext('typescript')
    const first = [
      'import { sep } from "node:path"',
      'enum Color { Red, Green }',
      'namespace Shapes { export const sides = 4 }',
      'interface Point { x: number }',
      'class Named { constructor(public name: string) {} }',
      'const read = async <T,>(value: T): Promise<T> => await Promise.resolve(value)',
      'let point: Point = await read({ x: 1 } as const)',
    ].join('\n')
    const made = await execute(toolbox, { contextId, code: first }, rich)
    expect(made.error?.traceback).toBeUndefined()
    const code = '[Color[Color.Green], Shapes.sides, point.x satisfies number, new Named("n").name, sep]'
    expect(texts(await execute(toolbox, { contextId, code }, rich))).toEqual(["[ 'Green', 4, 1, 'n', '/' ]"])
    expect(await detail(contextId)).toMatchObject({ language: 'typescript', generation: 1 })
  })

  it('reports errors with the lines of the TypeScript source', async () => {
    const contextId = await newContext('typescript')
    const code = [
      'interface Long {',
      '  a: string',
      '}',
      '',
      'function fail(this: void, why: string): never {',
      '  throw new Error(why)',
      '}',
      'type Other = Long',
      'fail("here" as string)',
    ].join('\n')
    const failed = await execute(toolbox, { contextId, code })
    expect(failed.error?.traceback).toBe(
      '<run>:6\n  throw new Error(why)\n        ^\n\nError: here\n    at fail (<run>:6:9)\n    at <run>:9:1\n',
    )
    const grammar = await execute(toolbox, { contextId, code: 'let a: number = 1\nlet b: = 2' }, rich)
    expect(grammar.error).toMatchObject({ name: 'SyntaxError', value: 'Unexpected "="' })
    expect(grammar.error?.traceback).toContain('<run>:2:7')
    expect(grammar.run).toMatchObject({ state: 'failed', exitCode: 1, stateAfter: 'kept' })
  })

  it('compiles experimental decorators where the code needs them', async () => {
    const contextId = await newContext('typescript')
    const code = [
      'const seen: string[] = []',
      'const inject = (target: any, key: any, index: number) => { seen.push("parameter " + index) }',
      'class A { constructor(@inject private x: number) {} }',
      'seen',
    ].join('\n')
    expect(texts(await execute(toolbox, { contextId, code }, rich))).toEqual(["[ 'parameter 0' ]"])
  })

  it('is interrupted like JavaScript', async () => {
    const contextId = await newContext('typescript')
    const client = await startRun(toolbox, {
      contextId,
      code: 'let x: number = 5\nconsole.log("on")\nwhile (true as boolean) {}',
    })
    await eventually('the run has started', () => client.stdout === 'on\n')
    expect(await post(`${base}/${contextId}/interrupt`)).toEqual({ outcome: 'interrupted', state: 'kept' })
    await client.done()
    expect(client.error?.traceback).toContain('at <run>:3:1')
    expect((await execute(toolbox, { contextId, code: 'console.log(x)' })).stdout).toBe('5\n')
  })
})

describe('what a context in TypeScript loads', () => {
  const folder = () => path.join(toolbox.homeDir, 'loads')

  beforeAll(() => {
    mkdirSync(path.join(folder(), 'alias'), { recursive: true })
    const files = {
      'lib.ts':
        'export enum Level { Low = 3 }\nexport const q: number = 1\nexport default class Named { n = 2 }\nexport function fail(): never {\n\n  throw new Error("in lib") }',
      'deep.ts': 'import { q } from "./lib.js"\nexport const twice: number = q * 2',
      'older.ts':
        'function mark(target: any) { target.marked = true }\n@mark export class Older { static marked?: boolean }',
      'waits.ts': 'import { q } from "./lib"\nexport const late: number = await Promise.resolve(q + 1)',
      'view.tsx': 'const React = { createElement: (tag: string) => "<" + tag + ">" }\nexport const view = <b/>',
      'module.mts': 'export const kind = "mts" as string',
      'common.cts': 'exports.computed = "cts" as string',
      'common.cjs': 'const key = "comp" + "uted"; exports[key] = "cjs"; exports.plain = 1',
      'data.json': '{"a": 7}',
      'broken.ts': 'const fine = 1\nlet b = = 2',
      'alias/thing.ts': 'export const thing: string = "aliased"',
      'tsconfig.json':
        '{ "compilerOptions": { // options\n "experimentalDecorators": true, "paths": { "@/*": ["./alias/*"], } } }',
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder(), name), text)
  })

  it.each([
    ['import { q } from "./lib"\nq', '1'],
    ['import { q } from "./lib.ts"\nq', '1'],
    ['import { q, Level } from "./lib.js"\n[q, Level.Low]', '[ 1, 3 ]'],
    ['import Named from "./lib"\nnew Named().n', '2'],
    ['import * as lib from "./lib"\nlib.Level[3]', "'Low'"],
    ['import { twice } from "./deep"\ntwice', '2'],
    ['const { twice } = await import("./deep")\ntwice', '2'],
    ['const name: string = "./lib"\n;(await import(name)).q', '1'],
    ['const lib = require("./lib")\nlib.q', '1'],
    ['import { Older } from "./older"\nOlder.marked', 'true'],
    ['import { late } from "./waits"\nlate', '2'],
    ['import { view } from "./view"\nview', "'<b>'"],
    ['import { kind } from "./module.mjs"\nkind', "'mts'"],
    ['import { computed } from "./common.cts"\ncomputed', "'cts'"],
    ['import { computed, plain } from "./common.cjs"\n[computed, plain]', "[ 'cjs', 1 ]"],
    ['import data, { a } from "./data.json"\n[data.a, a]', '[ 7, 7 ]'],
    ['import { thing } from "@/thing"\nthing', "'aliased'"],
    ['import { readFileSync } from "fs"\ntypeof readFileSync', "'function'"],
  ])('%j', async (code, shown) => {
    const contextId = await newContext('typescript', folder())
    const client = await execute(toolbox, { contextId, code }, rich)
    expect([client.error, texts(client)]).toEqual([undefined, [shown]])
    await toolbox.request(`${base}/${contextId}`, { method: 'DELETE' })
  })

  it('stays the same over the runs of a context', async () => {
    const contextId = await newContext('typescript', folder())
    await execute(toolbox, { contextId, code: 'import * as first from "./lib"' })
    const code = 'const again = await import("./lib.ts")\nagain.Level === first.Level'
    expect(texts(await execute(toolbox, { contextId, code }, rich))).toEqual(['true'])
  })

  it('tells errors under its own lines', async () => {
    const contextId = await newContext('typescript', folder())
    const failed = await execute(toolbox, { contextId, code: 'import { fail } from "./lib"\nfail()' })
    expect(failed.error?.traceback).toMatch(/Error: in lib\n {4}at fail \(.*loads\/lib\.ts:6:9\)\n {4}at <run>:2:1/)
    const broken = await execute(toolbox, { contextId, code: 'import "./broken"' })
    expect(broken.error).toMatchObject({ name: 'SyntaxError', value: 'Unexpected "="' })
    expect(broken.error?.traceback).toContain('loads/broken.ts:2:8')
    const missing = await execute(toolbox, { contextId, code: 'import "./missing"' })
    expect(missing.error?.value).toMatch(/Cannot find module/)
  })
})

describe('the capabilities', () => {
  it('list the languages of contexts', async () => {
    const response = await toolbox.request('/capabilities')
    expect(response.json()).toMatchObject({
      extensions: { interpreter: 1 },
      interpreterLanguages: ['python', 'javascript', 'typescript'],
    })
  })
})
