import type { Result } from './measure'

const columns = ['what', 'floor', 'measured', '× floor', 'to reach', ''] as const

/** Columns aligned with spaces, for a terminal. */
export function formatTable(results: readonly Result[]): string {
  const rows = [
    [...columns],
    ...results.map((row) => [
      row.what,
      row.floor,
      row.measured,
      row.ratio?.toFixed(2) ?? '–',
      row.target,
      row.reached ? 'reached' : 'MISSED',
    ]),
  ]
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
