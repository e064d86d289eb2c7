import type { Terminal } from '@xterm/xterm'

/**
 * Make a row of the buffer the first visible one. xterm scrolls by the distance from the buffer's position, but starts at
 * that of its scrollbar, which follows the buffer one frame later; the second call finds both at the same row.
 */
export function scrollToRow(terminal: Terminal, row: number): void {
  const { active } = terminal.buffer
  const reachable = Math.max(0, Math.min(row, active.baseY))
  terminal.scrollToLine(reachable)
  if (active.viewportY !== reachable) terminal.scrollToLine(reachable)
}
