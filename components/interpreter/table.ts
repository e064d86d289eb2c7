/** Tables of data frames, read from a run or a file: everything in them is untrusted. */

export interface Table {
  columns: { name: string; type: string }[]
  index: unknown[] | null
  rows: unknown[][]
  totalRows: number
  totalColumns: number
  truncated: boolean
}

/** Null for anything that is not a table. */
export function readTable(value: unknown): Table | null {
  if (typeof value !== 'object' || value === null) return null
  const { columns, index, rows, totalRows, totalColumns, truncated } = value as Record<string, unknown>
  if (!Array.isArray(columns) || !Array.isArray(rows) || !rows.every(Array.isArray)) return null
  return {
    columns: columns.map((column: unknown) => {
      const { name, type } = (typeof column === 'object' && column !== null ? column : {}) as Record<string, unknown>
      return { name: textOfCell(name), type: typeof type === 'string' ? type : '' }
    }),
    index: Array.isArray(index) ? index : null,
    rows,
    totalRows: typeof totalRows === 'number' ? totalRows : rows.length,
    totalColumns: typeof totalColumns === 'number' ? totalColumns : columns.length,
    truncated: truncated === true,
  }
}

export function textOfCell(cell: unknown): string {
  if (cell === null || cell === undefined) return '–'
  return typeof cell === 'string' ? cell : JSON.stringify(cell)
}

/** Numbers by value, texts by the alphabet, missing values last. */
export function compareCells(one: unknown, other: unknown): number {
  const missing = Number(one == null) - Number(other == null)
  if (missing !== 0 || one == null) return missing
  if (typeof one === 'number' && typeof other === 'number') return one - other
  return textOfCell(one).localeCompare(textOfCell(other), 'en', { numeric: true })
}
