import { describe, expect, it } from 'vitest'
import { newCell } from './cell'
import { parseNotebook, serializeNotebook } from './ipynb'
import { fromScript, toScript } from './python-script'
import { appendText, emptyText } from './stream-text'

/** As JupyterLab writes it, with the fields that the console does not know. */
const jupyter = {
  cells: [
    {
      cell_type: 'markdown',
      id: 'aa11',
      metadata: { tags: ['intro'] },
      source: ['# Title\n', 'text'],
      attachments: {},
    },
    {
      cell_type: 'code',
      execution_count: 3,
      id: 'bb22',
      metadata: { collapsed: false },
      source: ['print(1)\n', 'df'],
      outputs: [
        { name: 'stdout', output_type: 'stream', text: ['1\n'] },
        {
          data: {
            'text/html': ['<table>\n', '</table>'],
            'text/plain': ['   a\n', '0  1'],
            'application/json': { a: [1] },
          },
          execution_count: 3,
          metadata: {},
          output_type: 'execute_result',
        },
        { ename: 'ValueError', evalue: 'no', output_type: 'error', traceback: ['line one', 'line two'] },
      ],
    },
  ],
  metadata: { kernelspec: { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' } },
  nbformat: 4,
  nbformat_minor: 5,
}

function parsed(value: unknown) {
  const result = parseNotebook(typeof value === 'string' ? value : JSON.stringify(value))
  if (!result.ok) throw new Error(result.message)
  return result.document
}

function messageOf(value: unknown): string {
  const result = parseNotebook(typeof value === 'string' ? value : JSON.stringify(value))
  return result.ok ? 'ok' : result.message
}

describe('a notebook of Jupyter', () => {
  it('is read with its text and outputs', () => {
    const { cells } = parsed(jupyter)
    expect(cells[0]).toMatchObject({ kind: 'markdown', source: '# Title\ntext', metadata: { tags: ['intro'] } })
    expect(cells[1]).toMatchObject({ kind: 'code', source: 'print(1)\ndf', executionCount: 3 })
    expect(cells[1]?.outputs).toMatchObject([
      { kind: 'stream', text: { head: '1\n' } },
      {
        kind: 'value',
        role: 'result',
        representations: { 'text/html': '<table>\n</table>', 'application/json': { a: [1] } },
      },
      { kind: 'error', name: 'ValueError', traceback: 'line one\nline two' },
    ])
  })

  it('is written as it was', () => {
    expect(JSON.parse(serializeNotebook(parsed(jupyter)))).toEqual(jupyter)
  })

  it('gets ids where an older version has none, or has the same twice', () => {
    const cells = [{ cell_type: 'code', source: 'a', metadata: {}, outputs: [], execution_count: null }]
    expect(parsed({ ...jupyter, nbformat_minor: 2, cells }).cells[0]?.id).toMatch(/^[\w-]+$/)
    const twice = [jupyter.cells[0], jupyter.cells[0]]
    expect(new Set(parsed({ ...jupyter, cells: twice }).cells.map(({ id }) => id)).size).toBe(2)
  })
})

it('a run is restored, and one that was under way is stored as running', () => {
  const run = {
    contextId: 'default',
    runId: 'r1',
    state: 'queued' as const,
    position: 2,
    startedAt: null,
    durationMs: null,
    message: null,
    interrupted: false,
    stateAfter: null,
    away: null,
  }
  const text = serializeNotebook({ cells: [{ ...newCell('code', 'x'), run }], metadata: {} })
  expect(parsed(text).cells[0]?.run).toMatchObject({ contextId: 'default', runId: 'r1', state: 'running' })
})

it('a flood is stored with the number of characters that are missing', () => {
  const text = appendText(emptyText, 'x'.repeat(100_000))
  const stored = serializeNotebook({
    cells: [{ ...newCell(), outputs: [{ kind: 'stream', stream: 'stdout', text }] }],
    metadata: {},
  })
  expect(stored).toContain(`[${text.omitted} characters omitted]`)
})

describe('what is not a notebook', () => {
  it.each([
    ['{', 'not valid JSON'],
    ['[]', 'has no “nbformat”'],
    [{ nbformat: 3, worksheets: [] }, 'has format 3'],
    [{ nbformat: 4 }, 'list of cells is not valid'],
    [{ nbformat: 4, cells: [{ cell_type: 'code', source: 1 }] }, 'cell 1 is not valid'],
    [{ nbformat: 4, cells: [{ cell_type: 'code', source: '', outputs: [{ output_type: 'x' }] }] }, 'output of cell 1'],
  ])('%j is refused', (value, message) => {
    expect(messageOf(value)).toContain(message)
  })

  it('an empty file is an empty notebook', () => {
    expect(parsed('').cells).toEqual([])
  })
})

describe('scripts', () => {
  it('keep code and text', () => {
    const cells = [newCell('code', 'x = 1\nprint(x)'), newCell('markdown', 'Some\n\ntext'), newCell('code', 'y = 2')]
    const script = toScript(cells, '#')
    expect(script).toBe('# %%\nx = 1\nprint(x)\n\n# %% [markdown]\n# Some\n#\n# text\n\n# %%\ny = 2\n')
    expect(fromScript(script).map(({ kind, source }) => [kind, source])).toEqual(
      cells.map((it) => [it.kind, it.source]),
    )
  })

  it('without markers are one cell', () => {
    expect(fromScript('a = 1\r\nb = 2\n')).toMatchObject([{ kind: 'code', source: 'a = 1\nb = 2' }])
  })
})

describe('a written notebook', () => {
  /** The fields that nbformat 4.5 requires; it allows no others, except attachments of Markdown cells. */
  const cellFields: Record<string, string[]> = {
    markdown: ['attachments', 'cell_type', 'id', 'metadata', 'source'],
    code: ['cell_type', 'execution_count', 'id', 'metadata', 'outputs', 'source'],
  }
  const outputFields: Record<string, string[]> = {
    stream: ['name', 'output_type', 'text'],
    execute_result: ['data', 'execution_count', 'metadata', 'output_type'],
    error: ['ename', 'evalue', 'output_type', 'traceback'],
  }

  it('has exactly the fields of nbformat 4.5', () => {
    const written = JSON.parse(serializeNotebook(parsed(jupyter)))
    expect(Object.keys(written).sort()).toEqual(['cells', 'metadata', 'nbformat', 'nbformat_minor'])
    expect(written).toMatchObject({ nbformat: 4, nbformat_minor: 5 })
    for (const cell of written.cells) {
      expect(Object.keys(cell).sort()).toEqual(cellFields[cell.cell_type])
      expect(cell.id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
      for (const output of cell.outputs ?? []) {
        expect(Object.keys(output).sort()).toEqual(outputFields[output.output_type])
      }
    }
  })
})
