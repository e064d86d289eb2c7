import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunPage } from '@/lib/process-api/extensions'
import type { CodeRunResponse } from '@/lib/process-api/process'
import { findProgram } from '@/lib/settings/programs'
import { type EngineFixture, startEngine } from './engine-fixture'
import { execute } from './interpreter-client'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})

async function codeRun(language: string, code: string, rest: Record<string, unknown> = {}): Promise<CodeRunResponse> {
  const answer = await toolbox.post('/process/code-run', { language, code, ...rest })
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  return answer.json()
}

const awkward = ['a b', '$HOME', "it's", '"', '', '-x', '--inspect', '; echo no', '漢字', '*']

describe('python', () => {
  test('the response has no artifacts if there are none', async () => {
    expect(await codeRun('python', 'print(1)')).toEqual({ exitCode: 0, result: '1\n' })
  })

  test('arguments arrive exactly, after the name of the program', async () => {
    const { result } = await codeRun('python', 'import sys, json; print(json.dumps(sys.argv))', { argv: awkward })
    expect(JSON.parse(result)).toEqual([expect.stringMatching(/\/main\.py$/), ...awkward])
  })

  test('an exception is exit code 1 with a traceback', async () => {
    const { exitCode, result } = await codeRun('python', 'def f():\n  raise ValueError("x")\nf()')
    expect(exitCode).toBe(1)
    expect(result).toMatch(/^Traceback[\s\S]*File "[^"]*\/main\.py", line 3[\s\S]*ValueError: x\n$/)
  })

  test('standard input is at end-of-file, output is unbuffered and in order', async () => {
    const code =
      'import sys, os\nprint("a")\nsys.stderr.write("b\\n")\nos.write(1, b"c\\n")\ntry: input()\nexcept EOFError: print("eof")'
    expect((await codeRun('python', code)).result).toBe('a\nb\nc\neof\n')
  })

  test('variables, exit codes and signals', async () => {
    expect((await codeRun('python', 'import os; print(os.environ["A"])', { envs: { A: 'x y' } })).result).toBe('x y\n')
    expect((await codeRun('python', 'import sys; sys.exit(7)')).exitCode).toBe(7)
    expect((await codeRun('python', 'import os; os.kill(os.getpid(), 9)')).exitCode).toBe(137)
  })

  test('more arguments than any program can have are refused', async () => {
    const argv = Array.from({ length: 1_000_000 }, () => '')
    const answer = await toolbox.post('/process/code-run', { language: 'python', code: 'print(1)', argv })
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('argv')])
  })

  test('12 MB of code', async () => {
    const { exitCode, result } = await codeRun('python', `x = "${'y'.repeat(12_000_000)}"\nprint(len(x))`)
    expect([exitCode, result]).toEqual([0, '12000000\n'])
  })
})

describe('javascript', () => {
  test('CommonJS with process.argv = [node, main.js, …argv]', async () => {
    const code = `console.log(JSON.stringify([process.argv.slice(1), process.execArgv, typeof require('fs').readFileSync]))`
    const { exitCode, result } = await codeRun('javascript', code, { argv: awkward })
    expect(exitCode).toBe(0)
    expect(JSON.parse(result)).toEqual([[expect.stringMatching(/\/main\.js$/), ...awkward], [], 'function'])
  })

  test('modules are found from the working directory, and an error is exit code 1', async () => {
    await toolbox.post('/process/execute', {
      command: 'mkdir -p node_modules/found && echo "module.exports = 42" > node_modules/found/index.js',
    })
    expect((await codeRun('javascript', 'console.log(require("found"))')).result).toBe('42\n')
    const { exitCode, result } = await codeRun('javascript', 'null.x')
    expect(exitCode).toBe(1)
    expect(result).toMatch(/TypeError/)
  })

  test('a forked child has its own arguments', async () => {
    const code = `require('fs').writeFileSync('child.js', 'console.log(JSON.stringify(process.argv.slice(1)))')
      require('child_process').fork('./child.js', ['a b'])`
    const { result } = await codeRun('javascript', code)
    expect(JSON.parse(result)).toEqual([path.join(toolbox.homeDir, 'child.js'), 'a b'])
  })
})

describe('typescript', () => {
  test('enums, namespaces, parameter properties, generics, satisfies, imports and exports', async () => {
    const code = `
      import { join } from 'node:path'
      import * as os from 'os'
      enum Color { Red = 1, Green }
      const enum Short { A = 'x' }
      namespace Outer { export const v = 4; export namespace Inner { export const w = 5 } }
      class Point { constructor(private readonly name: string, public n: number) {} get() { return this.name + this.n } }
      const identity = <T,>(x: T): T => x
      const o = { a: 1 } satisfies Record<string, number>
      console.log(Color.Green, Short.A, Outer.v, Outer.Inner.w, new Point('z', 2).get(), identity((o as any)!.a), join('a', 'b'), typeof os.cpus)
      export const q: number = 1`
    expect(await codeRun('typescript', code)).toEqual({ exitCode: 0, result: '2 x 4 5 z2 1 a/b function\n' })
  })

  test('standard decorators, and legacy decorators where only those work', async () => {
    const standard = `function twice(method: any, _context: ClassMethodDecoratorContext) {
        return function (this: any, ...args: any[]) { return method.apply(this, args) * 2 } }
      class A { @twice m() { return 21 } }
      console.log(new A().m())`
    expect((await codeRun('typescript', standard)).result).toBe('42\n')
    const parameter = `const seen: number[] = []
      function mark(_target: any, _key: any, index: number) { seen.push(index) }
      class A { constructor(_a: number, @mark private b: number) {} }
      console.log(seen, new A(1, 2))`
    expect((await codeRun('typescript', parameter)).result).toBe('[ 1 ] A { b: 2 }\n')
  })

  test('top-level await and import.meta', async () => {
    const code = `import { readFile } from 'node:fs/promises'
      const x: string = await Promise.resolve('late')
      console.log(x, typeof readFile, typeof require, import.meta.url.endsWith('/main.ts'), process.argv.slice(2))`
    const { exitCode, result } = await codeRun('typescript', code, { argv: ['a b'] })
    expect([exitCode, result]).toEqual([0, "late function function true [ 'a b' ]\n"])
  })

  test('arguments arrive exactly', async () => {
    const code = 'console.log(JSON.stringify(process.argv.slice(1)), require.main === module)'
    const { result } = await codeRun('typescript', code, { argv: awkward })
    const [, argv = '', isMain] = /^(.*) (true|false)\n$/.exec(result) ?? []
    expect([JSON.parse(argv), isMain]).toEqual([[expect.stringMatching(/\/main\.ts$/), ...awkward], 'true'])
  })

  test('a stack trace names the line of the source', async () => {
    const code =
      'interface A { x: number }\nenum E { B }\n\nfunction boom(a: A): never {\n  throw new Error("boom " + a.x)\n}\nboom({ x: 1 })'
    const { exitCode, result } = await codeRun('typescript', code)
    expect(exitCode).toBe(1)
    expect(result).toMatch(/Error: boom 1/)
    expect(result).toMatch(/main\.ts:5:9/)
    expect(result).toMatch(/main\.ts:7:1/)
  })

  test('a syntax error is exit code 1 with file and line', async () => {
    const { exitCode, result } = await codeRun('typescript', 'const a: number = 1\nlet b = = 2\n')
    expect(exitCode).toBe(1)
    expect(result).toMatch(/Unexpected "="/)
    expect(result).toMatch(/main\.ts:2:8/)
  })

  test('a program that keeps the pipe of the messages open and floods it delays no other', async () => {
    // Opens the standard error of the first esbuild that it sees, and writes until the toolbox has closed the other end.
    const flood = `
import os
def messages():
    while True:
        for pid in os.listdir('/proc'):
            try:
                if open('/proc/%s/comm' % pid).read() == 'esbuild\\n': return os.open('/proc/%s/fd/2' % pid, os.O_WRONLY)
            except (OSError, ValueError): pass
pipe = messages()
print('opened', flush=True)
try:
    while True: os.write(pipe, bytes(65536))
except BrokenPipeError: print('closed', flush=True)
`
    const body = { kind: 'code', language: 'python', code: flood }
    const { id } = (await toolbox.post('/process/run', body)).json<{ id: string }>()
    const printed = async () => (await toolbox.request(`/process/run/${id}/journal/download`)).text
    // The longer the program, the longer esbuild lives.
    const code = `const a: number = 1\n${'function f(b: string): string { return b }\n'.repeat(20_000)}console.log(a)`
    await eventually('a pipe was opened', async () => {
      expect(await codeRun('typescript', code)).toEqual({ exitCode: 0, result: '1\n' })
      return (await printed()).startsWith('opened')
    })
    await eventually('the pipe is closed', async () => (await printed()).endsWith('closed\n'))
  })
})

describe('a program has a file of its own', () => {
  const files: Record<string, string> = {
    'helper.py': 'value = 7\ndef where(): return __name__',
    'helper.js': 'exports.value = 7',
    'esm.mjs': 'export const value = 8',
    'data.json': '{"a": 9}',
    'node_modules/dependency/index.js': 'module.exports = 42',
  }
  beforeAll(() => {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(toolbox.homeDir, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
  })

  const python = `
import inspect, json, multiprocessing, os, pickle, subprocess, sys
from concurrent.futures import ProcessPoolExecutor
import helper

class Point:
    def __init__(self, x): self.x = x

def work(point): return point.x * helper.value

if __name__ == '__main__':
    if sys.argv[1:] == ['child']:
        print('child', helper.value)
        sys.exit()
    for method in ('spawn', 'forkserver', 'fork'):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool: print(method, pool.map(work, [Point(1), Point(2)]))
        with ProcessPoolExecutor(1, mp_context=context) as executor: print(list(executor.map(work, [Point(3)])))
    print(inspect.getsource(work).strip())
    print(pickle.loads(pickle.dumps(Point(5))).x, open(__file__).read().startswith('\\nimport inspect'))
    print(os.path.basename(sys.argv[0]), sys.argv[0] == __file__, sys.path[0] == os.getcwd(), __spec__)
    sys.stdout.flush()
    subprocess.run([sys.executable, sys.argv[0], 'child'])
    print(json.load(open(os.path.join(os.path.dirname(__file__), 'data.json'))))
    try:
        from . import helper
    except ImportError as error: print(error)
`

  test('that Python’s workers, inspect, pickle and a second start of it find', async () => {
    expect(await codeRun('python', python)).toEqual({
      exitCode: 0,
      result: [
        ...['spawn', 'forkserver', 'fork'].flatMap((method) => [`${method} [7, 14]`, '[21]']),
        'def work(point): return point.x * helper.value',
        '5 True',
        'main.py True True None',
        'child 7',
        "{'a': 9}",
        'attempted relative import with no known parent package',
        '',
      ].join('\n'),
    })
  })

  test('whose lines Python’s tracebacks and debugger show', async () => {
    const { exitCode, result } = await codeRun('python', 'import pdb\nx = 1\npdb.set_trace()\nprint(x)')
    expect(exitCode).toBe(1)
    expect(result).toMatch(/> .*\/main\.py\(\d\)<module>\(\)\n-> (print\(x\)|pdb\.set_trace\(\))/)
    const failed = await codeRun('python', 'def f():\n  return 1 / 0\nf()')
    expect(failed.result).toMatch(/main\.py", line 3, in <module>\n {4}f\(\)[\s\S]*line 2, in f\n {4}return 1 \/ 0/)
    expect((await codeRun('python', 'x = = 1')).result).toMatch(/main\.py", line 1\n {4}x = = 1\n/)
  })

  const node = `
const { Worker, isMainThread, workerData } = require('worker_threads')
const { execFileSync, fork, spawnSync } = require('child_process')
const fs = require('fs'), path = require('path')
const { value } = require('./helper')
const own = [value, require('dependency'), process.execArgv, __dirname === process.cwd()]
if (!isMainThread) console.log('worker', workerData, ...own)
else if (process.argv[2] === 'child') process.send ? process.send(own) : console.log('child', ...own)
else void (async () => {
  console.log(...own, path.basename(__filename), process.argv[1] === __filename, require.main === module)
  console.log(fs.readFileSync(__filename, 'utf8').includes('isMainThread'), fs.existsSync(path.join(path.dirname(__filename), 'data.json')))
  for (const options of [{}, { execArgv: ['--no-warnings'] }]) {
    await new Promise((resolve) => fork(__filename, ['child'], options).on('message', (message) => console.log('fork', ...message)).on('exit', resolve))
    await new Promise((resolve) => new Worker(__filename, { ...options, workerData: 1 }).on('exit', resolve))
  }
  process.stdout.write(String(spawnSync(process.execPath, [__filename, 'child']).stdout))
  process.stdout.write(String(execFileSync(process.execPath, [process.argv[1], 'child'])))
  fs.writeFileSync('late.js', 'exports.late = 1'); fs.writeFileSync('late.mjs', 'export const late = 2')
  console.log(require('./late').late, (await import('./late.mjs')).late, (await import('./esm.mjs')).value)
  try { require('./nothing') } catch (error) { console.log(error.message.split('\\n')[0]) }
  fs.unlinkSync('late.js'); fs.unlinkSync('late.mjs')
})()
`

  test('that Node’s workers and forks run again, with what it requires from the working directory', async () => {
    const own = '7 42 [] true'
    expect(await codeRun('javascript', node)).toEqual({
      exitCode: 0,
      result: [
        `${own} main.js true true`,
        'true true',
        `fork ${own}`,
        `worker 1 ${own}`,
        "fork 7 42 [ '--no-warnings' ] true",
        "worker 1 7 42 [ '--no-warnings' ] true",
        `child ${own}`,
        `child ${own}`,
        '1 2 8',
        "Cannot find module './nothing'",
        '',
      ].join('\n'),
    })
  })

  test('also where it is an ES module', async () => {
    const code = `
import { fork } from 'node:child_process'
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker } from 'node:worker_threads'
import dependency from 'dependency'
import { value } from './esm.mjs'
if (!isMainThread) console.log('worker', value)
else if (process.argv[2] === 'child') { process.send(value); process.disconnect() }
else {
  const name = './made.mjs'
  writeFileSync(name, 'export const made = 1')
  console.log(value, dependency, (await import(name)).made, JSON.parse(readFileSync(new URL('./data.json', import.meta.url), 'utf8')).a)
  unlinkSync(name)
  await new Promise((resolve) => fork(fileURLToPath(import.meta.url), ['child']).on('message', (message) => console.log('fork', message)).on('exit', resolve))
  await new Promise((resolve) => new Worker(new URL(import.meta.url)).on('exit', resolve))
}`
    expect(await codeRun('javascript', code)).toEqual({ exitCode: 0, result: '8 42 1 9\nfork 8\nworker 8\n' })
  })

  test('with a name that errors of Node show, and a first line for the system', async () => {
    expect((await codeRun('javascript', '#!/usr/bin/env node\nconsole.log(1)')).result).toBe('1\n')
    const syntax = await codeRun('javascript', 'const a = 1\nlet b = = 2')
    expect([syntax.exitCode, syntax.result]).toEqual([1, expect.stringMatching(/^\S*\/main\.js:2\nlet b = = 2\n/)])
    const thrown = await codeRun('javascript', 'const a = 1\nthrow new Error("x")')
    expect([thrown.exitCode, thrown.result]).toEqual([1, expect.stringMatching(/main\.js:2:7/)])
  })

  test('that differs from those of other runs, and is gone when nothing of the run is left', async () => {
    const code = (n: number) =>
      `import time, os\nprint(__file__, flush=True)\ntime.sleep(0.3)\nprint(open(__file__).read().count("m" + "ark"), ${n}) # mark`
    const results = await Promise.all([1, 2, 3, 4].map((n) => codeRun('python', code(n))))
    const names = results.map(({ result }) => result.split('\n')[0])
    expect(new Set(names).size).toBe(4)
    expect(results.map(({ result }) => result.split('\n')[1])).toEqual(['1 1', '1 2', '1 3', '1 4'])
    const before = readdirSync(toolbox.homeDir).filter((name) => name.startsWith('main.'))
    expect(before).toEqual([])
    await eventually('the files are gone', () => names.every((name) => !existsSync(path.dirname(name ?? '/'))))
  })

  test('which a process that outlives the run still finds', async () => {
    const code = `import subprocess, sys, time, os
if sys.argv[1:] == ['late']:
    time.sleep(0.5)
    open('late.txt', 'w').write(open(__file__).read()[:17])
else:
    subprocess.Popen([sys.executable, __file__, 'late'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)`
    expect((await codeRun('python', code)).exitCode).toBe(0)
    const file = path.join(toolbox.homeDir, 'late.txt')
    await eventually('it has written', () => existsSync(file) && readFileSync(file, 'utf8') === 'import subprocess')
  })

  test('of 40 MB', async () => {
    const text = 'y'.repeat(40_000_000)
    for (const language of ['javascript', 'typescript']) {
      const { result } = await codeRun(language, `const x = "${text}"\nconsole.log(x.length)`)
      expect(result).toBe('40000000\n')
    }
  })
})

describe('TypeScript loads TypeScript', () => {
  const folder = () => path.join(toolbox.homeDir, 'project')
  const files: Record<string, string> = {
    'lib.ts': `import { deep } from './sub/deep.js'
export enum Color { Red = 3, Green }
export const q: number = 1
export default class Named { n = 2 }
export { deep }`,
    'sub/deep.ts': 'export const deep: string = __filename.split("/").slice(-2).join("/")',
    'sub/index.ts': 'export const index = "index" as string',
    'older.ts':
      'function mark(target: any) { target.marked = true }\n@mark export class Older { static marked?: boolean }',
    'waits.ts': 'import { q } from "./lib"\nexport const late: number = await Promise.resolve(q + 1)',
    'view.tsx': 'const React = { createElement: (tag: string) => "<" + tag + ">" }\nexport const view = <b/>',
    'module.mts': 'export const kind: string = import.meta.url.split("/").pop()!',
    'common.cts': 'exports.common = "cts" as string',
    'plain.js': 'export const plain = "esm"',
    'data.json': '{"a": 7}',
    'broken.ts': 'const fine = 1\nlet b = = 2',
    'throws.ts': 'interface A { x: 1 }\nexport function fail(): never {\n\n  throw new Error("in lib")\n}',
    'worker.ts':
      'import { parentPort } from "node:worker_threads"\nimport { Color } from "./lib"\nparentPort!.postMessage(Color.Green)',
    'child.ts': 'import { Color } from "./lib"\nprocess.send!(Color.Red)\nprocess.disconnect()',
    'alias/thing.ts': 'export const thing: string = "aliased"',
    'base.json': '{ "compilerOptions": { "experimentalDecorators": true } }',
    'tsconfig.json':
      '{ /* all */ "extends": "./base", "compilerOptions": { // own\n "paths": { "@/*": ["./alias/*"], "exact": ["./alias/thing"], }, }, }',
    'node_modules/only-esm/package.json': '{ "type": "module", "exports": "./index.js" }',
    'node_modules/only-esm/index.js': 'export const only = "only"',
  }
  beforeAll(() => {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder(), name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
  })

  async function run(code: string) {
    const body = { kind: 'code', language: 'typescript', code, cwd: folder() }
    const { id } = (await toolbox.post('/process/run', body)).json<{ id: string }>()
    const { exitCode } = await eventually('the run ended', async () => {
      const detail = (await toolbox.request(`/process/run/${id}`)).json<{ state: string; exitCode: number | null }>()
      return detail.state === 'running' ? null : detail
    })
    const read = async (stream: string) =>
      (await toolbox.request(`/process/run/${id}/journal/download?stream=${stream}`)).text
    return { exitCode, stdout: await read('stdout'), stderr: await read('stderr') }
  }

  const modes = [
    ['as CommonJS', ''],
    ['as an ES module', 'await Promise.resolve()\n'],
  ] as const

  describe.each(modes)('%s', (_mode, first) => {
    test.each([
      ['import { q } from "./lib"\nconsole.log(q)', '1'],
      ['import { q } from "./lib.ts"\nconsole.log(q)', '1'],
      ['import { q, Color } from "./lib.js"\nconsole.log(q, Color.Green, Color[3])', '1 4 Red'],
      ['import Named from "./lib"\nconsole.log(new Named().n)', '2'],
      ['import * as lib from "./lib"\nconsole.log(lib.deep)', 'sub/deep.ts'],
      ['import { index } from "./sub"\nconsole.log(index)', 'index'],
      ['const { q } = require("./lib")\nconsole.log(q)', '1'],
      ['void import("./lib").then(({ q, default: Named }) => console.log(q, new Named().n))', '1 2'],
      ['const name: string = "./lib.js"\nvoid import(name).then(({ Color }) => console.log(Color.Red))', '3'],
      ['import { Color } from "./lib"\nvoid import("./lib").then((lib) => console.log(lib.Color === Color))', 'true'],
      ['void import("./waits").then(({ late }) => console.log(late))', '2'],
      ['import { Older } from "./older"\nconsole.log(Older.marked)', 'true'],
      ['function mark(target: any) { target.marked = 1 }\n@mark class A {}\nconsole.log((A as any).marked)', '1'],
      ['import { view } from "./view"\nconsole.log(view)', '<b>'],
      ['import { kind } from "./module.mjs"\nconsole.log(kind)', 'module.mts'],
      ['import { common } from "./common.cts"\nconsole.log(common)', 'cts'],
      ['import { plain } from "./plain.js"\nconsole.log(plain)', 'esm'],
      ['import data from "./data.json"\nconsole.log(data.a)', '7'],
      ['import { only } from "only-esm"\nconsole.log(only)', 'only'],
      [
        'import { thing } from "@/thing"\nimport { thing as same } from "exact"\nconsole.log(thing, same)',
        'aliased aliased',
      ],
      ['#!/usr/bin/env node\nimport { q } from "./lib"\nconsole.log(q)', '1'],
      ['console.log(import.meta.url.split("/").pop(), import.meta.dirname === process.cwd())', 'main.ts true'],
      [
        'import { Worker } from "node:worker_threads"\nfor (const file of ["./worker.ts", new URL("./worker.js", import.meta.url)]) new Worker(file, { execArgv: [] }).on("message", (message) => console.log(message))',
        '4\n4',
      ],
      [
        'import { fork } from "node:child_process"\nfork("./child.ts", [], { execArgv: ["--no-warnings"] }).on("message", (message) => console.log(message))',
        '3',
      ],
      [
        'import { isMainThread, Worker } from "node:worker_threads"\nimport { q } from "./lib"\nif (isMainThread) new Worker(process.argv[1]!)\nelse console.log("worker", q)',
        'worker 1',
      ],
    ])('%j', async (code, shown) => {
      const isScript = code.startsWith('#!')
      const text = isScript ? code.replace('\n', `\n${first}`) : `${first}${code}`
      const { exitCode, stdout, stderr } = await run(text)
      expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: `${shown}\n`, stderr: '' })
    })

    test('a failure says why, under the lines of the TypeScript, with exit code 1', async () => {
      const thrown = await run(`${first}import { fail } from "./throws"\nconst n: number = 1\nfail()`)
      expect([thrown.exitCode, thrown.stdout]).toEqual([1, ''])
      expect(thrown.stderr).toMatch(/Error: in lib\n.*project\/throws\.ts:4:9/)
      expect(thrown.stderr).toMatch(new RegExp(`main\\.ts:${first === '' ? 3 : 4}:1`))
      const broken = await run(`${first}import "./broken"`)
      expect([broken.exitCode, broken.stdout]).toEqual([1, ''])
      expect(broken.stderr).toMatch(/Unexpected "="[\s\S]*project\/broken\.ts:2:8/)
      const missing = await run(`${first}import "./missing"`)
      expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringMatching(/Cannot find module.*missing/)])
      const own = await run(`${first}const a = 1\nlet b = = 2`)
      expect([own.exitCode, own.stderr]).toEqual([1, expect.stringMatching(/Unexpected "="[\s\S]*main\.ts:[23]:8/)])
    })
  })

  test('a tsconfig.json that cannot be read is named', async () => {
    const odd = path.join(toolbox.homeDir, 'odd')
    mkdirSync(odd, { recursive: true })
    writeFileSync(path.join(odd, 'tsconfig.json'), '{ "compilerOptions": ')
    const body = { kind: 'code', language: 'typescript', code: 'console.log(1)', cwd: odd }
    const { id } = (await toolbox.post('/process/run', body)).json<{ id: string }>()
    await eventually('it failed', async () => {
      return (await toolbox.request(`/process/run/${id}`)).json<{ exitCode: number | null }>().exitCode === 1
    })
    const { text } = await toolbox.request(`/process/run/${id}/journal/download?stream=stderr`)
    expect(text).toMatch(/odd\/tsconfig\.json is not valid/)
  })
})

describe('certificates', () => {
  test('of the host are there for TLS, and the variable for children, without costing each start of Node', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-certificates-'))
    const [key, certificate, bundle] = ['key.pem', 'own.pem', 'bundle.pem'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ]
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
      ],
      { stdio: 'ignore' },
    )
    writeFileSync(bundle, [...rootCertificates.slice(0, -5), readFileSync(certificate, 'utf8')].join('\n'))
    const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_request, response) => {
      response.end('secure')
    })
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    const { port } = server.address() as AddressInfo
    const fetches = `fetch('https://localhost:${port}').then((it) => it.text(), (error) => error.cause.code).then((text) => console.log(text))`
    const children = `require('child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(fetches)}], { encoding: 'utf8' })`
    const code = `console.log(process.env.NODE_EXTRA_CA_CERTS, process.execArgv, require('tls').rootCertificates.length > 0)
      console.log(require('fs').readFileSync('/proc/self/cmdline', 'utf8').includes('--use-openssl-ca'))
      ${fetches}.then(() => process.stdout.write(${children}))`
    const certain = await startToolbox({ env: { NODE_EXTRA_CA_CERTS: bundle, SSL_CERT_FILE: bundle } })
    const own = await startToolbox({ env: { NODE_EXTRA_CA_CERTS: certificate, SSL_CERT_FILE: certificate } })
    try {
      const post = async (box: ToolboxFixture, language: string) =>
        (await box.post('/process/code-run', { language, code })).json<CodeRunResponse>().result.split('\n')
      const inContext = async (box: ToolboxFixture) => {
        const context = await box.post('/process/interpreter/context', { language: 'javascript' })
        const { stdout } = await execute(box, {
          contextId: context.json<{ id: string }>().id,
          code: code.replace('fetch(', 'await fetch('),
        })
        return stdout.split('\n')
      }
      for (const language of ['javascript', 'typescript']) {
        // The server is asked from this thread’s own event loop, which a child of the program would wait for as well.
        expect(await post(certain, language)).toEqual([`${bundle} [] true`, 'true', 'secure', 'secure', ''])
        // An organisation’s own certificate alone: Node trusts it beside the public ones, as the variable says.
        expect(await post(own, language)).toEqual([`${certificate} [] true`, 'false', 'secure', 'secure', ''])
      }
      expect(await inContext(certain)).toEqual([`${bundle} [] true`, 'true', 'secure', 'secure', ''])
      expect(await inContext(own)).toEqual([`${certificate} [] true`, 'false', 'secure', 'secure', ''])
    } finally {
      server.close()
      await Promise.all([certain.stop(), own.stop()])
      rmSync(folder, { recursive: true })
    }
  })
})

const kinds = [...(findProgram('bwrap') ? (['bubblewrap'] as const) : []), 'none' as const]

describe.each(kinds)('in a sandbox (%s)', (isolation) => {
  let engine: EngineFixture
  let id: string
  beforeAll(async () => {
    engine = await startEngine({ isolation })
    id = (await engine.createSandbox({})).id
  })
  afterAll(async () => {
    await engine?.stop()
  })

  const run = async (language: string, code: string) =>
    (await engine.toolbox(id, 'POST', '/process/code-run', { language, code })).json<CodeRunResponse>()
  const shell = async (command: string) =>
    (await engine.toolbox(id, 'POST', '/process/execute', { command })).json<{ result: string }>().result

  test('workers find the program, and nothing is left behind', async () => {
    await shell("echo 'value = 7' > helper.py; echo 'export const value: number = 8' > helper.ts")
    const before = await shell('find . | sort')
    const python = `import multiprocessing, helper
def work(n): return n * helper.value
if __name__ == '__main__':
    with multiprocessing.get_context('spawn').Pool(1) as pool: print(pool.map(work, [2]), __file__)`
    const typescript = `import { isMainThread, Worker } from 'node:worker_threads'
import { value } from './helper'
if (isMainThread) new Worker(__filename).on('exit', () => console.log(__filename))
else console.log(value)`
    const ran = [await run('python', python), await run('typescript', typescript)]
    expect(ran.map(({ exitCode, result }) => [exitCode, result.split(/[ \n]/)[0]])).toEqual([
      [0, '[14]'],
      [0, '8'],
    ])
    const folders = ran.map(({ result }) => path.dirname(result.trim().split(/[ \n]/)[1] ?? '/'))
    if (isolation === 'bubblewrap') expect(folders.every((name) => name.startsWith('/run/sandglass/'))).toBe(true)
    expect(await shell('find . -not -path "*__pycache__*" | sort')).toBe(before)
    await eventually('the files are gone', async () => (await shell(`ls -d ${folders.join(' ')} 2>/dev/null`)) === '')
  })

  test('the program can be read by its owner alone, and cannot be changed', async () => {
    const { result } = await run(
      'python',
      `import os, stat
print(oct(stat.S_IMODE(os.stat(__file__).st_mode)), oct(stat.S_IMODE(os.stat(os.path.dirname(__file__)).st_mode)))
for change in (lambda: open(__file__, 'a'), lambda: os.chmod(__file__, 0o600), lambda: os.unlink(__file__), lambda: os.rename(os.path.dirname(__file__), '/tmp/x')):
    try: change(); print('changed')
    except OSError as error: print(type(error).__name__, error.errno)`,
    )
    const [modes, ...changes] = result.trimEnd().split('\n')
    expect(modes).toBe('0o400 0o700')
    // Without isolation the program has the same rights as the toolbox.
    if (isolation === 'bubblewrap')
      expect(changes).toEqual([
        'PermissionError 13',
        'OSError 30',
        'OSError 30',
        expect.stringMatching(/^OSError (18|30)$/),
      ])
  })
})

describe('requests', () => {
  test('an unknown language has a specific message', async () => {
    const answer = await toolbox.post('/process/code-run', { language: 'ruby', code: 'puts 1' })
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'BAD_REQUEST', message: 'bad request: unsupported language: ruby' })
  })

  test.each([
    [{ language: 'python' }, 'Code'],
    [{ code: 'print(1)' }, 'Language'],
  ])('%j lacks a field', async (body, field) => {
    const answer = await toolbox.post('/process/code-run', body)
    expect(answer.status).toBe(400)
    const start = `invalid body request: Key: 'CodeRunRequest.${field}' Error:`
    const { code, message } = answer.json<Record<string, string>>()
    expect([code, message?.slice(0, start.length)]).toEqual(['INVALID_REQUEST_BODY', start])
  })

  test('wrong types, names and NUL characters are rejected', async () => {
    const bodies = [
      { language: 'python', code: '1', argv: 'x' },
      { language: 'python', code: '1', argv: [1] },
      { language: 'python', code: '1', argv: ['\0'] },
      { language: 'python', code: '1', envs: { '1A': 'x' } },
      { language: 'python', code: '1', timeout: -1 },
    ]
    for (const body of bodies) expect((await toolbox.post('/process/code-run', body)).status).toBe(400)
  })

  test('a timeout ends the run and returns the output so far', async () => {
    const code = 'import time\nprint("so far", flush=True)\ntime.sleep(98771)'
    const answer = await toolbox.post('/process/code-run', { language: 'python', code, timeout: 1 })
    expect(answer.status).toBe(408)
    expect(answer.json()).toMatchObject({ message: 'request timeout: command execution timeout', output: 'so far\n' })
  })

  test('a run is recorded with its code', async () => {
    await codeRun('python', '\n\n  # the title\nprint(1)', { argv: ['x'] })
    const page = (await toolbox.request('/process/run?limit=1')).json<RunPage>()
    const run = (await toolbox.request(`/process/run/${page.runs[0]?.id}`)).json()
    expect(run).toMatchObject({
      kind: 'code',
      language: 'python',
      title: '# the title',
      origin: 'api',
      streams: 'merged',
      code: '\n\n  # the title\nprint(1)',
      command: null,
      argv: ['x'],
      cwd: toolbox.homeDir,
    })
  })

  test('no script file is left behind', async () => {
    const scratch = path.join(toolbox.folder, 'scratch')
    expect(existsSync(scratch)).toBe(true)
    await eventually('the last run is gone', () =>
      readdirSync(path.join(scratch, 'runs')).every((name) => name === 'package.json'),
    )
    const left = ['named', 'pipes'].flatMap((name) => readdirSync(path.join(scratch, name)))
    expect(left.length).toBeGreaterThan(0)
    // Only unused pipes.
    expect(left.filter((name) => !/^[np]\d+$/.test(name))).toEqual([])
  })
})
