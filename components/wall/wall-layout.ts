/** The grid of the wall: its columns, and where the arrow keys lead. */

const minPaneWidth = 240

/** Columns for this many panes in this many CSS pixels. @param chosen the user's number; null to choose by the count */
export function columnsFor(count: number, width: number, chosen: number | null): number {
  const fitting = Math.max(1, Math.floor(width / minPaneWidth))
  const ideal = chosen ?? (count <= 1 ? 1 : count <= 4 ? 2 : count <= 9 ? 3 : count <= 16 ? 4 : count <= 25 ? 5 : 6)
  return Math.max(1, Math.min(ideal, fitting, Math.max(1, count)))
}

/** The pane that a key leads to from the pane at `index`; null for other keys and at the edges. */
export function paneAfterKey(key: string, index: number, count: number, columns: number): number | null {
  const target = targetOf(key, index, count, columns)
  return target === null || target < 0 || target >= count || target === index ? null : target
}

function targetOf(key: string, index: number, count: number, columns: number): number | null {
  const column = index % columns
  switch (key) {
    case 'ArrowLeft':
      return column === 0 ? null : index - 1
    case 'ArrowRight':
      return column === columns - 1 ? null : index + 1
    case 'ArrowUp':
      return index - columns
    case 'ArrowDown': {
      const isLastRow = Math.floor(index / columns) === Math.floor((count - 1) / columns)
      // Below the last pane of a column, the last row may be shorter.
      return isLastRow ? null : Math.min(index + columns, count - 1)
    }
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return null
  }
}
