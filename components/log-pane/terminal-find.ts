/** Find in the loaded part of a log, by xterm's search addon. */
import { SearchAddon } from '@xterm/addon-search'
import type { Terminal } from '@xterm/xterm'

/** `wrapped`: the search continued at the other end of the log, and may have found the same match. */
export type FindOutcome = 'moved' | 'wrapped' | 'none'

export interface FindOptions {
  regex: boolean
  caseSensitive: boolean
  wholeWord: boolean
  /** While the user types: stay at the current match if it still matches. */
  incremental: boolean
}

/** `#rrggbb`. */
export interface MatchColors {
  match: string
  active: string
}

export class TerminalFind {
  private readonly addon = new SearchAddon({ highlightLimit: 1000 })
  private lastOptions = ''

  /** @param onMatches called with the index of the current match and the number of matches */
  constructor(
    private readonly terminal: Terminal,
    onMatches: (index: number, count: number) => void,
  ) {
    terminal.loadAddon(this.addon)
    this.addon.onDidChangeResults(({ resultIndex, resultCount }) => onMatches(resultIndex, resultCount))
  }

  /** @param startRow start at this row of the buffer instead of the current match */
  find(
    term: string,
    options: FindOptions,
    direction: 'next' | 'previous',
    colors: MatchColors,
    startRow?: number,
  ): FindOutcome {
    this.applyOptions(options, startRow !== undefined)
    if (startRow !== undefined) this.terminal.select(0, startRow, 1)
    const before = startRow === undefined ? this.terminal.getSelectionPosition()?.start : undefined
    const search = searchOptions(options, direction, colors)
    const found = direction === 'next' ? this.addon.findNext(term, search) : this.addon.findPrevious(term, search)
    const after = this.terminal.getSelectionPosition()?.start
    if (!found || !after) return 'none'
    const step = before ? (after.y - before.y || after.x - before.x) * (direction === 'next' ? 1 : -1) : 1
    return step > 0 ? 'moved' : 'wrapped'
  }

  clear(): void {
    this.addon.clearDecorations()
    this.terminal.clearSelection()
  }

  /** The addon ignores new options for the same term unless its decorations were cleared. */
  private applyOptions({ regex, caseSensitive, wholeWord }: FindOptions, mustClear: boolean): void {
    const current = JSON.stringify([regex, caseSensitive, wholeWord])
    if (current !== this.lastOptions || mustClear) this.addon.clearDecorations()
    this.lastOptions = current
  }
}

function searchOptions(options: FindOptions, direction: 'next' | 'previous', colors: MatchColors) {
  return {
    regex: options.regex,
    caseSensitive: options.caseSensitive,
    wholeWord: options.wholeWord,
    incremental: direction === 'next' && options.incremental,
    decorations: {
      matchBackground: colors.match,
      matchOverviewRuler: colors.match,
      activeMatchBackground: colors.active,
      activeMatchColorOverviewRuler: colors.active,
    },
  }
}
