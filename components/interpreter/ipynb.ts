/** Notebook files (nbformat 4): read with validation, written so that Jupyter opens them. */
import { z } from 'zod'
import { chartSchema } from '@/lib/process-api/charts'
import type { Cell, CellOutput, CellRun } from './cell'
import { appendText, emptyText, shownText } from './stream-text'

export interface NotebookDocument {
  cells: Cell[]
  /** Of the file, such as the kernel; returned to it unchanged. */
  metadata: Record<string, unknown>
}

export type ParsedNotebook = { ok: true; document: NotebookDocument } | { ok: false; message: string }

/** Media type of chart values in a notebook; other programs show the picture beside it. */
const chartType = 'application/vnd.sandglass.chart+json'

const text = z.union([z.string(), z.array(z.string())])
const fields = z.record(z.string(), z.unknown())
const outputSchema = z.union([
  z.looseObject({ output_type: z.literal('stream'), name: z.string(), text }),
  z.looseObject({ output_type: z.enum(['execute_result', 'display_data', 'update_display_data']), data: fields }),
  z.looseObject({
    output_type: z.literal('error'),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()),
  }),
])
const cellSchema = z.looseObject({
  id: z.string().optional(),
  cell_type: z.enum(['code', 'markdown', 'raw']),
  source: text,
  metadata: fields.optional(),
  outputs: z.array(z.unknown()).optional(),
  execution_count: z.number().nullish(),
})
const notebookSchema = z.looseObject({
  nbformat: z.number(),
  nbformat_minor: z.number().optional(),
  metadata: fields.optional(),
  cells: z.array(z.unknown()),
})
/** What the console stores in the metadata of a cell. */
const runSchema = z.object({
  context: z.string(),
  run: z.string(),
  state: z.string(),
  durationMs: z.number().nullish(),
  interrupted: z.boolean().optional(),
})

/** Reads a notebook. The message of a failure names what is wrong with the file. */
export function parseNotebook(content: string): ParsedNotebook {
  if (content.trim() === '') return { ok: true, document: { cells: [], metadata: {} } }
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch {
    return failure('This file is not a notebook: it is not valid JSON.')
  }
  const version = z.looseObject({ nbformat: z.number() }).safeParse(value)
  if (!version.success) return failure('This file is not a notebook: it has no “nbformat”.')
  if (version.data.nbformat !== 4) {
    const name = String(version.data.nbformat).slice(0, 20)
    return failure(`This notebook has format ${name}; the console reads format 4. Jupyter can convert it.`)
  }
  const notebook = notebookSchema.safeParse(value)
  if (!notebook.success) return failure('This notebook is broken: its list of cells is not valid.')
  const cells: Cell[] = []
  const ids = new Set<string>()
  for (const [index, wire] of notebook.data.cells.entries()) {
    const cell = cellSchema.safeParse(wire)
    if (!cell.success) return failure(`This notebook is broken: cell ${index + 1} is not valid.`)
    const read = readCell(cell.data)
    if (read === null) return failure(`This notebook is broken: an output of cell ${index + 1} is not valid.`)
    if (ids.has(read.id)) read.id = crypto.randomUUID().slice(0, 8)
    ids.add(read.id)
    cells.push(read)
  }
  return { ok: true, document: { cells, metadata: notebook.data.metadata ?? {} } }
}

/** Writes format 4.5. */
export function serializeNotebook({ cells, metadata }: NotebookDocument): string {
  const notebook = { cells: cells.map(writeCell), metadata, nbformat: 4, nbformat_minor: 5 }
  return `${JSON.stringify(notebook, null, 1)}\n`
}

function failure(message: string): ParsedNotebook {
  return { ok: false, message }
}

function readCell(wire: z.infer<typeof cellSchema>): Cell | null {
  const { id, cell_type: kind, source, metadata = {}, outputs = [], execution_count: count, ...rest } = wire
  const read: CellOutput[] = []
  for (const one of kind === 'code' ? outputs : []) {
    const output = outputSchema.safeParse(one)
    if (!output.success) return null
    read.push(readOutput(output.data))
  }
  const { sandglass, ...others } = metadata
  return {
    id: id && /^[\w-]{1,64}$/.test(id) ? id : crypto.randomUUID().slice(0, 8),
    kind,
    source: joined(source),
    outputs: read,
    executionCount: count ?? null,
    metadata: others,
    rest,
    run: kind === 'code' ? readRun(sandglass) : null,
  }
}

function readOutput(wire: z.infer<typeof outputSchema>): CellOutput {
  if (wire.output_type === 'stream') {
    const stream = wire.name === 'stderr' ? 'stderr' : 'stdout'
    return { kind: 'stream', stream, text: appendText(emptyText, joined(wire.text)) }
  }
  if (wire.output_type === 'error') {
    return { kind: 'error', name: wire.ename, value: wire.evalue, traceback: wire.traceback.join('\n') }
  }
  const chart = chartSchema.safeParse(wire.data[chartType])
  if (chart.success) {
    const png = wire.data['image/png']
    return { kind: 'chart', chart: { ...chart.data, ...(png === undefined ? {} : { png: joined(png) }) } }
  }
  const role = wire.output_type === 'execute_result' ? 'result' : 'display'
  const representations = Object.fromEntries(
    Object.entries(wire.data).map(([type, content]) => [type, isJsonType(type) ? content : joined(content)]),
  )
  return { kind: 'value', role, representations, omitted: {} }
}

/** Only strings are split into lines in a notebook; JSON values are stored as they are. */
function isJsonType(type: string): boolean {
  return type === 'application/json' || type.endsWith('+json')
}

function joined(content: unknown): string {
  if (Array.isArray(content)) return content.join('')
  return typeof content === 'string' ? content : JSON.stringify(content)
}

function readRun(value: unknown): CellRun | null {
  const stored = runSchema.safeParse(value)
  if (!stored.success) return null
  const { context, run, state, durationMs = null, interrupted = false } = stored.data
  const known = ['running', 'succeeded', 'failed', 'killed', 'timed-out', 'lost'] as const
  return {
    contextId: context,
    runId: run,
    state: known.find((one) => one === state) ?? 'lost',
    position: 0,
    startedAt: null,
    durationMs,
    message: null,
    interrupted,
    stateAfter: null,
    away: null,
  }
}

function writeCell(cell: Cell) {
  const { id, kind, source, rest, executionCount } = cell
  const metadata = { ...cell.metadata, ...writeRun(cell.run) }
  const common = { cell_type: kind, id, metadata, source: lines(source) }
  if (kind !== 'code') return { ...rest, ...common }
  return {
    ...rest,
    ...common,
    execution_count: executionCount,
    outputs: cell.outputs.flatMap((it) => writeOutput(it, executionCount)),
  }
}

/** A run that is under way is stored as running, so that another tab can watch it. */
function writeRun(run: CellRun | null) {
  if (run === null || run.runId === null) return {}
  const state = run.state === 'queued' ? 'running' : run.state
  const { contextId: context, runId, durationMs, interrupted } = run
  return { sandglass: { context, run: runId, state, durationMs, interrupted } }
}

function writeOutput(output: CellOutput, count: number | null): object[] {
  switch (output.kind) {
    case 'stream': {
      const { head, omitted, tail } = shownText(output.text)
      const gap = omitted > 0 ? `\n[${omitted} characters omitted]\n` : ''
      return [{ output_type: 'stream', name: output.stream, text: lines(head + gap + tail) }]
    }
    case 'error':
      return [
        {
          output_type: 'error',
          ename: output.name,
          evalue: output.value,
          traceback: output.traceback.replace(/\n$/, '').split('\n'),
        },
      ]
    case 'chart': {
      const { png, ...chart } = output.chart
      const data = { [chartType]: chart, ...(png === undefined ? {} : { 'image/png': png }) }
      return [{ output_type: 'display_data', data, metadata: {} }]
    }
    case 'value': {
      const data = Object.fromEntries(
        Object.entries(output.representations).map(([type, content]) => [
          type,
          typeof content === 'string' && type.startsWith('text/') ? lines(content) : content,
        ]),
      )
      if (output.role === 'display') return [{ output_type: 'display_data', data, metadata: {} }]
      return [{ output_type: 'execute_result', data, metadata: {}, execution_count: count }]
    }
    case 'input': {
      const answer = output.answer == null ? '' : output.answer
      return [{ output_type: 'stream', name: 'stdout', text: lines(`${output.prompt}${answer}\n`) }]
    }
    default:
      return output satisfies never
  }
}

/** Lines with their line feeds, as Jupyter stores text. */
function lines(content: string): string[] {
  return content === '' ? [] : content.split(/(?<=\n)/)
}
