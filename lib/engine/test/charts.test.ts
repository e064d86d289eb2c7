/** Charts of Python runs: section 2.2 and checks 29 and 30, with the real matplotlib. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Chart } from '@/lib/process-api/charts'
import { execute } from './interpreter-client'
import { findMatplotlib } from './matplotlib'
import { startToolbox, type ToolboxFixture } from './toolbox-fixture'

const matplotlib = await findMatplotlib()
let toolbox: ToolboxFixture

beforeAll(async () => {
  toolbox = await startToolbox(matplotlib.available ? { env: matplotlib.env } : {})
})
afterAll(async () => {
  await toolbox.stop()
})

interface CodeRunResponse {
  exitCode: number
  result: string
  artifacts?: { charts: Chart[] }
}

async function codeRun(code: string, extra: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
  const response = await toolbox.post('/process/code-run', { language: 'python', code, ...extra }, headers)
  expect(response.status).toBe(200)
  return response.json<CodeRunResponse>()
}

/** The only chart of a program that succeeds and prints nothing. */
async function chartOf(...lines: string[]): Promise<Chart> {
  const response = await codeRun(['import matplotlib.pyplot as plt', ...lines, 'plt.show()'].join('\n'))
  expect(response).toMatchObject({ exitCode: 0, result: '' })
  const [chart, ...others] = response.artifacts?.charts ?? []
  if (!chart) throw new Error('no chart')
  expect(others).toEqual([])
  expect(
    Buffer.from(chart.png ?? '', 'base64')
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG')
  return chart
}

describe('a run without charts', () => {
  it('has no artifacts and an unchanged environment', async () => {
    const code =
      'import os, sys; print(os.environ.get("PYTHONPATH"), [k for k in os.environ if "CHART" in k], sys.argv[1:])'
    expect(await codeRun(code, { envs: { PYTHONPATH: '/given' } })).toEqual({
      exitCode: 0,
      result: '/given [] []\n',
    })
  })

  it("runs the sandbox's own sitecustomize", async () => {
    const code =
      'import os; os.makedirs("site", exist_ok=True); open("site/sitecustomize.py", "w").write("import builtins; builtins.custom = 7")'
    await codeRun(code)
    const response = await codeRun('import sys; print(custom, sys.modules["sitecustomize"].__file__)', {
      envs: { PYTHONPATH: `${toolbox.homeDir}/site` },
    })
    expect(response.result).toBe(`7 ${toolbox.homeDir}/site/sitecustomize.py\n`)
  })

  it('does not pass the descriptor for charts to children', async () => {
    const response = await codeRun("import os; os.system(\"ls /proc/self/fd | tr '\\\\n' ' '\")")
    expect(response.result).toBe('0 1 2 3 ')
  })
})

if (!matplotlib.available) {
  it(`COULD NOT RUN with real matplotlib: ${matplotlib.why}`, () => {
    console.warn(`The charts of real matplotlib were not checked: ${matplotlib.why}`)
  })
} else {
  describe(`charts of matplotlib ${matplotlib.version}`, () => {
    it('line', async () => {
      const chart = await chartOf(
        'plt.plot([0, 1, 2], [0, 5, 3], label="run 1")',
        'plt.axhline(2)',
        'plt.title("Speed"); plt.xlabel("t"); plt.ylabel("v"); plt.xticks([0, 1, 2])',
      )
      expect(chart).toMatchObject({
        type: 'line',
        title: 'Speed',
        x_label: 't',
        y_label: 'v',
        x_ticks: [0, 1, 2],
        x_tick_labels: ['0', '1', '2'],
        x_scale: 'linear',
        y_scale: 'linear',
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
      expect(chart.y_ticks?.length).toBe(chart.y_tick_labels?.length)
    })

    it('scatter, and a logarithmic axis', async () => {
      expect(await chartOf('plt.scatter([0.1, 0.4], [0.7, 0.2])')).toMatchObject({
        type: 'scatter',
        elements: [
          {
            points: [
              [0.1, 0.7],
              [0.4, 0.2],
            ],
          },
        ],
      })
      expect(await chartOf('plt.semilogy([1, 2, 3], [1, 10, 100])')).toMatchObject({ type: 'line', y_scale: 'log' })
    })

    it('bar, with values as text', async () => {
      expect(await chartOf('plt.bar(["A", "B"], [12, 7.5], label="2025")')).toMatchObject({
        type: 'bar',
        x_scale: 'categorical',
        x_tick_labels: ['A', 'B'],
        elements: [
          { label: 'A', group: '2025', value: '12' },
          { label: 'B', group: '2025', value: '7.5' },
        ],
      })
      expect(await chartOf('plt.barh(["A", "B"], [12, 7.5])')).toMatchObject({
        type: 'bar',
        y_scale: 'categorical',
        elements: [
          { label: 'A', value: '12' },
          { label: 'B', value: '7.5' },
        ],
      })
      const grouped = await chartOf(
        'plt.bar([-0.2, 0.8], [1, 2], 0.4, label="m"); plt.bar([0.2, 1.2], [3, 4], 0.4, label="w")',
        'plt.xticks([0, 1], ["g1", "g2"])',
      )
      expect(grouped.elements?.map(({ label, group, value }) => [label, group, value])).toEqual([
        ['g1', 'm', '1'],
        ['g2', 'm', '2'],
        ['g1', 'w', '3'],
        ['g2', 'w', '4'],
      ])
    })

    it('pie, with angles and shares', async () => {
      expect(await chartOf('plt.pie([35, 65], labels=["A", "B"], autopct="%1.0f%%")')).toMatchObject({
        type: 'pie',
        elements: [
          { label: 'A', angle: 126, radius: 1, value: '35' },
          { label: 'B', angle: 234, radius: 1, value: '65' },
        ],
      })
    })

    it('box and whisker, with outliers', async () => {
      expect(
        await chartOf('plt.boxplot([[1, 2, 3, 4, 30], [2, 3, 4, 5, 6]]); plt.xticks([1, 2], ["h1", "h2"])'),
      ).toMatchObject({
        type: 'box_and_whisker',
        elements: [
          { label: 'h1', min: 1, first_quartile: 2, median: 3, third_quartile: 4, max: 4, outliers: [30] },
          { label: 'h2', min: 2, first_quartile: 3, median: 4, third_quartile: 5, max: 6 },
        ],
      })
    })

    it('composite, with the elements of each subplot', async () => {
      const chart = await chartOf(
        'figure, (a, b) = plt.subplots(1, 2); figure.suptitle("Report")',
        'a.plot([1, 2], [3, 4]); a.set_title("left"); a.set_xlabel("x"); b.bar(["x"], [1]); b.set_title("right")',
      )
      expect(chart).toMatchObject({
        type: 'composite_chart',
        title: 'Report',
        elements: [
          {
            type: 'line',
            title: 'left',
            x_label: 'x',
            elements: [
              {
                points: [
                  [1, 3],
                  [2, 4],
                ],
              },
            ],
          },
          { type: 'bar', title: 'right', elements: [{ label: 'x', value: '1' }] },
        ],
      })
    })

    it('datetime axes, as milliseconds with the labels that are drawn', async () => {
      const chart = await chartOf(
        'from datetime import datetime',
        'plt.plot([datetime(2026, 1, d) for d in (1, 2, 3)], [1, 2, 3])',
      )
      const day = (number: number) => Date.UTC(2026, 0, number)
      expect(chart).toMatchObject({
        type: 'line',
        x_scale: 'datetime',
        elements: [
          {
            points: [
              [day(1), 1],
              [day(2), 2],
              [day(3), 3],
            ],
          },
        ],
      })
      expect(chart.x_ticks?.every((tick) => tick >= day(1) - 1 && tick <= day(3) + 1)).toBe(true)
      expect(chart.x_tick_labels).toContain('01-02 00')
    })

    it('unknown kinds, with a picture, and an empty figure', async () => {
      expect(await chartOf('plt.imshow([[1, 2], [3, 4]]); plt.colorbar()')).toMatchObject({
        type: 'unknown',
        elements: [],
      })
      expect(await chartOf('plt.figure()')).toMatchObject({ type: 'unknown', elements: null })
    })

    it('each figure once, in order, separate from the output', async () => {
      const response = await codeRun(
        [
          'import matplotlib',
          'matplotlib.use("Agg")',
          'from matplotlib.pyplot import *',
          'print("a", end="")',
          'figure(); plot([1, 2]); title("one"); figure(); plot([1, 2]); title("two"); show(); show()',
          'print("b")',
          'plot([1, 2]); title("never shown")',
        ].join('\n'),
      )
      expect(response.result).toBe('ab\n')
      expect(response.artifacts?.charts.map((chart) => chart.title)).toEqual(['one', 'two'])
    })

    it('of a run that fails afterwards, and of one that is stopped', async () => {
      const failed = await codeRun('import matplotlib.pyplot as plt\nplt.plot([1]); plt.show()\n1/0')
      expect(failed.exitCode).toBe(1)
      expect(failed.artifacts?.charts).toHaveLength(1)
    })

    it('of a streamed run, stored for later requests', async () => {
      const started = await toolbox.post('/process/run', {
        kind: 'code',
        language: 'python',
        code: 'import matplotlib.pyplot as plt; plt.bar(["A"], [1]); plt.show()',
      })
      const { id } = started.json<{ id: string }>()
      await expect
        .poll(async () => (await toolbox.request(`/process/run/${id}`)).json<{ state: string }>().state, {
          timeout: 20_000,
        })
        .toBe('succeeded')
      const { charts } = (await toolbox.request(`/process/run/${id}/charts`)).json<{ charts: Chart[] }>()
      expect(charts.map((chart) => chart.type)).toEqual(['bar'])
      await toolbox.request(`/process/run/${id}`, { method: 'DELETE' })
      expect((await toolbox.request(`/process/run/${id}/charts`)).status).toBe(404)
    })

    it('without extensions for clients that fail on unknown fields', async () => {
      const code = 'import matplotlib.pyplot as plt\nf, a = plt.subplots(1, 2); a[0].plot([1, 2]); plt.show()'
      const response = await codeRun(code, {}, { 'x-daytona-source': 'sdk-go', 'x-daytona-sdk-version': '0.187.0' })
      expect(response.artifacts?.charts[0]?.elements?.map((element) => Object.keys(element))).toEqual([
        ['type'],
        ['type'],
      ])
    })

    it('of an interpreter, in order and only for clients with extensions', async () => {
      const code = 'import matplotlib.pyplot as plt\nprint("a"); plt.plot([1, 2]); plt.show(); print("b")'
      const rich = await execute(toolbox, { code }, { extensions: true })
      expect(rich.order).toEqual(['stdout:a\n', 'item:chart', 'stdout:b\n', 'control:completed'])
      const plain = await execute(toolbox, { code })
      expect(plain.order).toEqual(['stdout:a\n', 'stdout:b\n', 'control:completed'])
      const last = await execute(toolbox, { code: 'plt.plot([1, 2])' }, { extensions: true })
      expect(last.order).toEqual(['item:result', 'item:chart', 'control:completed'])
    })
  })
}
