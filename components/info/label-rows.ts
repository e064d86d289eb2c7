/** Rows of the editor of labels. */

export interface LabelRow {
  /** Identifies the row while its name changes. */
  readonly key: string
  readonly name: string
  readonly value: string
}

/** Sorted by name. */
export function labelRows(labels: Readonly<Record<string, string>>): LabelRow[] {
  const names = Object.keys(labels).sort((a, b) => a.localeCompare(b))
  return names.map((name) => ({ key: name, name, value: labels[name] ?? '' }))
}

/** Why the rows cannot be saved; null if they can. Rows that are empty are left out. */
export function labelProblem(rows: readonly LabelRow[]): string | null {
  const names = rows.filter((row) => row.name !== '' || row.value !== '').map((row) => row.name.trim())
  if (names.includes('')) return 'Every label needs a name.'
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined ? null : `There are two labels with the name ${twice}.`
}

export function toLabels(rows: readonly LabelRow[]): Record<string, string> {
  return Object.fromEntries(rows.filter((row) => row.name.trim() !== '').map((row) => [row.name.trim(), row.value]))
}
