import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunPage } from '@/lib/process-api/extensions'
import type { CodeRunResponse } from '@/lib/process-api/process'
import { startToolbox, type ToolboxFixture } from './toolbox-fixture'

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

  test('arguments arrive exactly, after "-"', async () => {
    const { result } = await codeRun('python', 'import sys, json; print(json.dumps(sys.argv))', { argv: awkward })
    expect(JSON.parse(result)).toEqual(['-', ...awkward])
  })

  test('an exception is exit code 1 with a traceback', async () => {
    const { exitCode, result } = await codeRun('python', 'def f():\n  raise ValueError("x")\nf()')
    expect(exitCode).toBe(1)
    expect(result).toMatch(/^Traceback[\s\S]*File "<stdin>", line 3[\s\S]*ValueError: x\n$/)
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

  test('12 MB of code', async () => {
    const { exitCode, result } = await codeRun('python', `x = "${'y'.repeat(12_000_000)}"\nprint(len(x))`)
    expect([exitCode, result]).toEqual([0, '12000000\n'])
  })
})

describe('javascript', () => {
  test('CommonJS with process.argv = [node, …argv]', async () => {
    const code = `console.log(JSON.stringify([process.argv.slice(1), process.execArgv, typeof require('fs').readFileSync]))`
    const { exitCode, result } = await codeRun('javascript', code, { argv: awkward })
    expect(exitCode).toBe(0)
    expect(JSON.parse(result)).toEqual([awkward, [], 'function'])
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
      console.log(x, typeof readFile, typeof require, import.meta.url.endsWith('/main.ts'), process.argv.slice(1))`
    const { exitCode, result } = await codeRun('typescript', code, { argv: ['a b'] })
    expect([exitCode, result]).toEqual([0, "late function function true [ 'a b' ]\n"])
  })

  test('arguments arrive exactly', async () => {
    const code = 'console.log(JSON.stringify(process.argv.slice(1)), require.main === module)'
    expect((await codeRun('typescript', code, { argv: awkward })).result).toBe(`${JSON.stringify(awkward)} true\n`)
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

  test('no script file is left behind', () => {
    const scratch = path.join(toolbox.folder, 'scratch')
    expect(existsSync(scratch)).toBe(true)
    const left = ['named', 'pipes'].flatMap((name) => readdirSync(path.join(scratch, name)))
    expect(left.length).toBeGreaterThan(0)
    // Only unused pipes.
    expect(left.filter((name) => !/^[np]\d+$/.test(name))).toEqual([])
  })
})
