/** The Interpreter page against the real engine. */
import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { InterpreterPage } from './pages/interpreter-page'
import { expect, test } from './support/fixtures'

test('cells run in one context, which keeps its variables', async ({ page, sandbox }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  await notebook.open()
  await notebook.write(1, 'x = 5\nprint("hello")')
  await page.keyboard.press('Shift+Enter')
  await expect(notebook.output(1)).toContainText('hello')
  await expect(notebook.cell(1)).toContainText('done')
  await expect(notebook.editor(2)).toBeFocused()
  await page.keyboard.insertText('x * 2')
  await page.keyboard.press('ControlOrMeta+Enter')
  await expect(notebook.output(2)).toContainText('10')
  await expect(notebook.cell(2)).toContainText('In 2')
})

test('a traceback leads to the line of the cell', async ({ page, sandbox }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  await notebook.open()
  await notebook.run(1, 'a = 1\n\nb = a / 0\n')
  await expect(notebook.output(1)).toContainText('ZeroDivisionError: division by zero')
  await expect(notebook.cell(1)).toContainText('error')
  await notebook.output(1).getByRole('button', { name: 'line 3' }).first().click()
  await expect(notebook.editor(1)).toBeFocused()
  await page.keyboard.insertText('b = 2')
  await page.keyboard.press('ControlOrMeta+Enter')
  await expect(notebook.cell(1)).toContainText('done')
})

test('input() gets its answer from the page', async ({ page, sandbox }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  await notebook.open()
  await notebook.run(1, 'n = input("Name? ")\nprint("hi", n)')
  const box = notebook.output(1).getByRole('textbox', { name: 'Name?' })
  await expect(box).toBeFocused()
  await expect(notebook.cell(1)).toContainText('waiting for input')
  await box.fill('Ann')
  await box.press('Enter')
  await expect(notebook.output(1)).toContainText('hi Ann')
})

test('an interrupt ends an endless flood, and the variables stay', async ({ page, sandbox }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  await notebook.open()
  await notebook.run(1, 'y = 7\nn = 0\nwhile True:\n    n += 1\n    print("OK", n)')
  await expect(notebook.output(1)).toContainText('are not shown')
  await page.keyboard.press('ControlOrMeta+.')
  await expect(notebook.cell(1)).toContainText('interrupted')
  await expect(notebook.output(1)).toContainText('OK 1')
  const download = page.waitForEvent('download')
  await notebook.output(1).getByRole('link', { name: 'Download all output' }).click()
  const text = await readFile(await (await download).path(), 'utf8')
  expect(text.startsWith('OK 1\nOK 2\n')).toBe(true)
  await page.getByRole('button', { name: 'New cell', exact: true }).click()
  await notebook.run(2, 'print(y)')
  await expect(notebook.output(2)).toContainText('7')
})

test('a restart loses the variables, and a dead process is reported', async ({ page, sandbox }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  await notebook.open()
  await notebook.run(1, 'z = 1')
  await expect(notebook.cell(1)).toContainText('done')
  await page.getByRole('button', { name: 'Restart', exact: true }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Restart' }).click()
  await expect(page.getByRole('alertdialog')).toHaveCount(0)
  await notebook.run(1, 'z')
  await expect(notebook.output(1)).toContainText('NameError')
  await notebook.run(1, 'import os; os._exit(3)')
  await expect(notebook.output(1)).toContainText('The variables of this context are lost')
})

test('a script in an HTML result reaches neither the page nor the network', async ({ page, sandbox }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  const requested: string[] = []
  page.on('request', (request) => requested.push(request.url()))
  await notebook.open()
  const script = `
    const seen = []
    for (const [name, attempt] of Object.entries({
      document: () => parent.document.title,
      cookie: () => document.cookie,
      storage: () => localStorage.length,
      top: () => { top.location = 'about:blank' },
    })) {
      try { attempt(); seen.push(name) } catch { }
    }
    fetch('/api/targets/local/sandboxes').then(() => seen.push('fetch'), () => {}).finally(() => {
      document.querySelector('p').textContent = 'reached: ' + seen.join(' ')
    })`
  const html = `<p>before</p><form action="/x"><button>send</button></form><a href="javascript:alert(1)">link</a><script>${script}</script>`
  await notebook.run(1, `class H:\n    def _repr_html_(self): return ${JSON.stringify(html)}\nH()`)
  const frame = notebook.output(1).frameLocator('iframe')
  await expect(frame.locator('p')).toHaveText('reached:')
  await frame.getByRole('button', { name: 'send' }).click()
  await frame.getByRole('link').click()
  await expect(frame.locator('p')).toHaveText('reached:')
  expect(requested.filter((url) => /\/x$|\/api\/targets\/local\/sandboxes$/.test(url))).toEqual([])
  await expect(notebook.editor(1)).toBeVisible()
})

test('the notebook is a file that is saved, and another version is never overwritten', async ({
  page,
  sandbox,
  context,
}) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  await notebook.open()
  await notebook.run(1, 'print("first")')
  await expect(notebook.output(1)).toContainText('first')
  await expect(notebook.saved).toBeVisible()
  await page.reload()
  await expect(notebook.output(1)).toContainText('first')
  await expect(notebook.cell(1)).toContainText('done')

  const other = new InterpreterPage(await context.newPage(), sandbox.id)
  await other.open()
  await other.write(1, 'print("other")')
  await expect(other.saved).toBeVisible()
  await notebook.write(1, 'print("mine")')
  await expect(page.getByText('Someone else changed this file')).toBeVisible()
  await page.getByRole('button', { name: 'Discard mine and reload' }).click()
  await expect(notebook.editor(1)).toContainText('other')
})

test('a cell keeps running while the page is reloaded', async ({ page, sandbox }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  await notebook.open()
  await notebook.run(
    1,
    'import os, time\nprint("begun")\nwhile not os.path.exists("go"): time.sleep(0.05)\nprint("over")',
  )
  await expect(notebook.output(1)).toContainText('begun')
  await expect(notebook.saved).toBeVisible()
  await page.reload()
  await expect(notebook.output(1)).toContainText('begun')
  await expect(notebook.cell(1)).toContainText('running')
  await sandbox.toolbox('POST', '/process/execute', { command: 'touch go' })
  await expect(notebook.output(1)).toContainText('over')
  await expect(notebook.cell(1)).toContainText('done')
})

test('two tabs see the same cell', async ({ page, sandbox, context }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  const other = new InterpreterPage(await context.newPage(), sandbox.id)
  await notebook.open()
  await other.open()
  await notebook.run(
    1,
    'import os, time\nprint("begun")\nwhile not os.path.exists("go"): time.sleep(0.05)\nprint("over")',
  )
  await expect(other.output(1)).toContainText('begun')
  await expect(other.cell(1)).toContainText('running')
  await sandbox.toolbox('POST', '/process/execute', { command: 'touch go' })
  await expect(other.output(1)).toContainText('over')
  await expect(other.cell(1)).toContainText('done')
  await expect(notebook.cell(1)).toContainText('done')
  await expect(notebook.saved).toBeVisible()
})

test('variables of the context are listed', async ({ page, sandbox }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  await notebook.open()
  await notebook.run(1, 'x = 42\nname = "Ann"\nrows = [1, 2, 3]')
  await expect(notebook.cell(1)).toContainText('done')
  await page.getByRole('button', { name: 'Variables' }).click()
  const variables = page.getByRole('region', { name: 'Variables' })
  await expect(variables.getByRole('row', { name: /^x int 42/ })).toBeVisible()
  await expect(variables.getByRole('row', { name: /^rows list 3 items/ })).toBeVisible()
  await notebook.run(1, 'x = 43')
  await expect(variables.getByRole('row', { name: /^x int 43/ })).toBeVisible()
})

test('tables sort, and charts show their data and download', async ({ page, sandbox }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  await notebook.open()
  const values = (type: string, value: unknown) =>
    `class V:\n    def _repr_mimebundle_(self, **_): return {${JSON.stringify(type)}: ${JSON.stringify(value)}}\nV()`
  const chart = {
    type: 'line',
    title: 'Load',
    elements: [
      {
        label: 'cpu',
        points: [
          [0, 1],
          [1, 9],
          [2, 4],
        ],
      },
      { label: 'empty', points: [] },
    ],
  }
  await notebook.run(1, values('application/vnd.sandglass.chart+json', chart))
  const image = notebook
    .output(1)
    .getByRole('img', { name: 'Line chart “Load”. cpu: 3 points, from 1 to 9; empty: no data.' })
  await expect(image.locator('svg')).toBeVisible()
  for (const format of ['PNG', 'SVG', 'CSV']) {
    await notebook.output(1).getByRole('button', { name: 'Download' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: format }).click()
    const bytes = await readFile(await (await download).path())
    expect(bytes.subarray(0, 4).toString('latin1')).toBe({ PNG: '\x89PNG', SVG: '<svg', CSV: 'seri' }[format])
  }
  await notebook.output(1).getByRole('radio', { name: 'Data' }).click()
  await expect(notebook.output(1).getByRole('row', { name: 'cpu 1 9' })).toBeVisible()

  const table = {
    columns: [{ name: 'n', type: 'int64' }],
    index: null,
    rows: [[10], [2], [33]],
    totalRows: 5000,
    totalColumns: 1,
    truncated: true,
  }
  await page.getByRole('button', { name: 'New cell', exact: true }).click()
  await notebook.run(
    2,
    values('application/vnd.sandglass.table+json', table).replace('true', 'True').replace('null', 'None'),
  )
  await notebook.output(2).getByRole('button', { name: 'n int64' }).click()
  await expect(notebook.output(2).getByRole('cell')).toHaveText(['2', '10', '33'])
  await expect(notebook.output(2)).toContainText('5,000 × 1')
})

test('notebooks are exported and imported, and a broken one is refused with a reason', async ({ page, sandbox }) => {
  const notebook = new InterpreterPage(page, sandbox.id)
  await notebook.open()
  await notebook.run(1, 'print("kept")')
  await expect(notebook.cell(1)).toContainText('done')
  await page.getByRole('button', { name: 'File', exact: true }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Download as .ipynb' }).click()
  const text = await readFile(await (await download).path(), 'utf8')
  expect(JSON.parse(text)).toMatchObject({ nbformat: 4, cells: [{ source: ['print("kept")'], execution_count: 1 }] })
  const picker = page.getByLabel('Notebook or script to import')
  await picker.setInputFiles({ name: 'a.ipynb', mimeType: 'application/json', buffer: Buffer.from(text) })
  await expect(notebook.output(2)).toContainText('kept')
  await picker.setInputFiles({ name: 'b.ipynb', mimeType: 'application/json', buffer: Buffer.from('{"nbformat":3}') })
  await expect(page.getByText('This notebook has format 3')).toBeVisible()
})

/** Stands in for matplotlib, which not every machine has: a figure with a picture and without readable values. */
const fakeMatplotlib = `
mkdir -p fake/matplotlib && cd fake/matplotlib
echo 'rcParams = {"backend": "agg"}' > __init__.py
printf 'class Axes:\\n    def bxp(self, stats): pass\\n' > axes.py
cat > figure.py <<'EOF'
import base64
class Figure:
    axes = []
    def savefig(self, buffer, **_):
        buffer.write(base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="))
EOF
cat > pyplot.py <<'EOF'
from matplotlib.figure import Figure
def show(): pass
def get_fignums(): return [1, 2]
def figure(number): return Figure()
def close(figure): pass
EOF`

test('a run that shows charts has a tab for them', async ({ page, sandbox }) => {
  await sandbox.toolbox('POST', '/process/execute', { command: fakeMatplotlib })
  const { id } = await sandbox.toolbox<{ id: string }>('POST', '/process/run', {
    kind: 'code',
    language: 'python',
    code: 'import os, sys\nsys.path.insert(0, os.path.join(os.getcwd(), "fake"))\nimport matplotlib.pyplot as plt\nplt.show()\nprint("after")',
  })
  await page.goto(`/sandboxes/${sandbox.id}/run/${id}`)
  const output = page.getByRole('region', { name: 'Output' })
  await expect(output.getByRole('log')).toContainText('after')
  await output.getByRole('radio', { name: 'Charts 2' }).click()
  await expect(output.getByRole('img')).toHaveCount(2)
  await output.getByRole('radio', { name: 'Output' }).click()
  await expect(output.getByRole('log')).toContainText('after')
})

for (const theme of ['dark', 'light'] as const) {
  for (const width of [1440, 390]) {
    test(`axe finds nothing, ${theme}, ${width} px wide`, async ({ page, sandbox, context, connection }) => {
      await context.addCookies([{ name: 'sandglass-theme', value: theme, url: connection.consoleUrl }])
      await page.setViewportSize({ width, height: 800 })
      const notebook = new InterpreterPage(page, sandbox.id)
      await notebook.open()
      await notebook.run(1, 'import sys\nprint("\\033[31mred\\033[0m out")\nprint("err", file=sys.stderr)\n{"a": 1}')
      await expect(notebook.cell(1)).toContainText('done')
      await page.getByRole('button', { name: 'New cell', exact: true }).click()
      await notebook.run(2, '1 / 0')
      await expect(notebook.cell(2)).toContainText('error')
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([])
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(overflow).toBeLessThanOrEqual(0)
    })
  }
}
