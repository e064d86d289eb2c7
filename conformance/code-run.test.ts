/** Checklist 25 to 30: code runs and charts. */
import { afterAll, expect, it } from 'vitest'
import { type Chart, chartSchema } from '@/lib/process-api/charts'
import { createSandbox, deployment } from './client'
import { expectError } from './expectations'
import { matplotlibIn } from './matplotlib'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

interface CodeRunResponse {
  exitCode: number
  result: string
  artifacts?: { charts: Chart[] }
}

const post = (body: unknown) => sandbox.post('/process/code-run', body)

async function run(language: string, code: string, more: Record<string, unknown> = {}): Promise<CodeRunResponse> {
  const answer = await post({ language, code, ...more })
  expect(answer.status).toBe(200)
  return answer.json()
}

it('25 code-run runs Python, JavaScript and TypeScript', async () => {
  for (const [language, code] of [
    ['python', 'print(1)'],
    ['javascript', 'console.log(1)'],
    ['typescript', 'const one: number = 1; console.log(one)'],
  ] as const) {
    const answer = await run(language, code)
    expect([language, answer]).toMatchObject([language, { exitCode: 0, result: '1\n' }])
    expect(answer).not.toHaveProperty('artifacts')
  }
})

it('26 code-run refuses other languages, and a request without code or language', async () => {
  expectError(await post({ language: 'ruby', code: 'puts 1' }), 400, 'unsupported language: ruby')
  for (const body of [{ language: 'python' }, { code: 'print(1)' }]) {
    const answer = await post(body)
    expectError(answer, 400)
    expect(answer.json()).toMatchObject({ code: 'INVALID_REQUEST_BODY' })
  }
})

it('27 arguments of code-run arrive exactly', async () => {
  const argv = ['a b', '$HOME', '*', "'", '']
  const programs = {
    python: 'import json, sys; print(json.dumps(sys.argv[1:]))',
    // The reference takes the program's own name out; a program that has a file has it, as everywhere else.
    javascript: `console.log(JSON.stringify(process.argv.slice(${deployment.reference ? 1 : 2})))`,
    typescript: `console.log(JSON.stringify(process.argv.slice(${deployment.reference ? 1 : 2})))`,
  }
  for (const [language, code] of Object.entries(programs)) {
    if (deployment.reference) expect((await run(language, code, { argv: ['plain'] })).result).toContain('plain')
    else expect(JSON.parse((await run(language, code, { argv })).result)).toEqual(argv)
  }
})

it('28 an exception is exit code 1 with its traceback, and a timeout is a 408', async () => {
  const { exitCode, result } = await run('python', 'print("before")\nraise ValueError("x")')
  expect(exitCode).toBe(1)
  expect(result).toMatch(/^before\n(.*\n)*Traceback \(most recent call last\):\n(.*\n)*ValueError: x\n$/)
  expectError(await post({ language: 'python', code: 'import time; time.sleep(60)', timeout: 1 }), 408, /timeout/)
})

const matplotlib = await matplotlibIn(sandbox)

if (!matplotlib.available) {
  it.each([29, 30])(
    `%i COULD NOT RUN: the sandbox has no matplotlib, and could not install it: ${matplotlib.why}`,
    () => {
      console.warn(`Charts were not checked: ${matplotlib.why}`)
    },
  )
} else {
  /** The response to code that shows one figure, checked against the schema that clients read it by. */
  const chartsOf = async (lines: string[]) => {
    const code = ['import matplotlib.pyplot as plt', ...lines, 'plt.show()', 'print("after")'].join('\n')
    const answer = await run('python', code, { envs: matplotlib.env })
    expect(answer).toMatchObject({ exitCode: 0, result: 'after\n' })
    return (answer.artifacts?.charts ?? []).map((it) => chartSchema.parse(it))
  }

  it('29 a line plot is a chart with points and a picture, and leaves no mark in the output', async () => {
    const [line, ...others] = await chartsOf(['plt.plot([0, 1, 2], [0, 5, 3], label="run 1")', 'plt.title("Speed")'])
    expect(others).toEqual([])
    expect(line).toMatchObject({
      type: 'line',
      title: 'Speed',
      elements: [
        {
          label: 'run 1',
          points: [
            [0, 0],
            [1, 5],
            [2, 3],
          ],
        },
      ],
    })
    const picture = Buffer.from(line?.png ?? '', 'base64')
    expect(picture.subarray(1, 4).toString()).toBe('PNG')
  })

  it('30 bar charts have texts as values, and a time axis does not lose the chart', async () => {
    const [bars] = await chartsOf(['plt.bar(["A", "B"], [12, 7.5])'])
    const [dates] = await chartsOf([
      'import datetime',
      'plt.plot([datetime.datetime(2026, 1, day) for day in (1, 2, 3)], [1, 4, 9])',
    ])
    if (deployment.reference) return
    expect(bars).toMatchObject({
      type: 'bar',
      elements: [
        { label: 'A', value: '12' },
        { label: 'B', value: '7.5' },
      ],
    })
    expect(dates).toMatchObject({ type: 'line', x_scale: 'datetime' })
    expect(dates?.elements?.[0]?.points).toHaveLength(3)
  })
}
