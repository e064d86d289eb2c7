/** The command history of a session for the arrow keys, as in a shell. */

export interface HistoryPosition {
  /** 0 is the line being typed, 1 the newest command, and so on. */
  back: number
  /** What was being typed before going back. */
  draft: string
}

export const atDraft: HistoryPosition = { back: 0, draft: '' }

/** Newest first, without consecutive duplicates. */
export function historyOf(commands: readonly { command: string }[]): string[] {
  return commands
    .map(({ command }) => command)
    .filter((command, index, all) => command !== all[index - 1])
    .reverse()
}

/** One step to an older (1) or newer (-1) command; null when there is none. */
export function stepHistory(
  history: readonly string[],
  position: HistoryPosition,
  text: string,
  step: 1 | -1,
): { position: HistoryPosition; text: string } | null {
  const back = position.back + step
  if (back < 0 || back > history.length) return null
  const draft = position.back === 0 ? text : position.draft
  return { position: { back, draft }, text: back === 0 ? draft : (history[back - 1] ?? '') }
}
