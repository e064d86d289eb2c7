/** The values of a chart as a table and as CSV. */
import type { Chart, ChartElement } from '@/lib/process-api/charts'

export interface ChartTable {
  columns: string[]
  rows: (string | number)[][]
}

type Element = Omit<ChartElement, 'elements'>

/** All values, not only those that are drawn. */
export function chartTable(chart: Chart): ChartTable {
  if (chart.type !== 'composite_chart') return tableOf(chart.type, chart.elements ?? [])
  const parts = (chart.elements ?? []).map((part, index) => ({
    name: part.title ?? `Chart ${index + 1}`,
    table: tableOf(part.type ?? 'unknown', part.elements ?? []),
  }))
  const columns = [...new Set(parts.flatMap(({ table }) => table.columns))]
  const rows = parts.flatMap(({ name, table }) =>
    table.rows.map((row) => [name, ...columns.map((column) => row[table.columns.indexOf(column)] ?? '')]),
  )
  return { columns: ['chart', ...columns], rows }
}

function tableOf(type: string, elements: readonly Element[]): ChartTable {
  switch (type) {
    case 'line':
    case 'scatter':
      return {
        columns: ['series', 'x', 'y'],
        rows: elements.flatMap(({ label = '', points = [] }) => points.map(([x, y]) => [label, x ?? '', y ?? ''])),
      }
    case 'bar':
      return {
        columns: ['label', 'group', 'value'],
        rows: elements.map(({ label = '', group = '', value = '' }) => [label, group, value]),
      }
    case 'pie':
      return {
        columns: ['label', 'percent', 'angle'],
        rows: elements.map(({ label = '', value = '', angle = '' }) => [label, value, angle]),
      }
    case 'box_and_whisker':
      return {
        columns: ['label', 'min', 'first quartile', 'median', 'third quartile', 'max', 'outliers'],
        rows: elements.map((box) => [
          box.label ?? '',
          box.min ?? '',
          box.first_quartile ?? '',
          box.median ?? '',
          box.third_quartile ?? '',
          box.max ?? '',
          (box.outliers ?? []).join(' '),
        ]),
      }
    default:
      return { columns: [], rows: [] }
  }
}

/** RFC 4180, with a quote before texts that a spreadsheet would take for formulas. */
export function toCsv({ columns, rows }: ChartTable): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('')
}

function field(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const isFormula = /^[=+\-@\t]/.test(value) && Number.isNaN(Number(value))
  const text = isFormula ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
