/**
 * Every keyboard shortcut of the console. Handlers (`useHotkey`), tooltips, the palette and the `?` dialog read this
 * table, so that every shortcut shown works.
 */

export interface Hotkey {
  /** tinykeys syntax; `$mod` is ⌘ on a Mac and Ctrl elsewhere; a space makes a sequence. */
  keys: string
  /** The action, in sentence case. */
  label: string
  group:
    | 'Everywhere'
    | 'Sandboxes'
    | 'Sandbox'
    | 'Run'
    | 'Sessions'
    | 'Terminal'
    | 'Interpreter'
    | 'Files'
    | 'Processes'
    | 'History'
    | 'Audit log'
    | 'Live wall'
    | 'Log pane'
    | 'Replay'
}

const table = {
  'palette.open': { keys: '$mod+k', label: 'Go to…', group: 'Everywhere' },
  'keys.show': { keys: '?', label: 'Show keyboard shortcuts', group: 'Everywhere' },
  'pane.next': { keys: 'F6', label: 'Next pane', group: 'Everywhere' },
  'pane.previous': { keys: 'Shift+F6', label: 'Previous pane', group: 'Everywhere' },
  'nav.toggle': { keys: '$mod+b', label: 'Collapse or expand sidebar', group: 'Everywhere' },
  'go.sandboxes': { keys: 'g s', label: 'Go to sandboxes', group: 'Everywhere' },
  'go.history': { keys: 'g h', label: 'Go to history', group: 'Everywhere' },
  'go.audit': { keys: 'g a', label: 'Go to the audit log', group: 'Everywhere' },
  'go.wall': { keys: 'g w', label: 'Go to the live wall', group: 'Everywhere' },
  'new.here': { keys: 'n', label: 'New sandbox, session, terminal, cell, file or pane', group: 'Everywhere' },
  'sandboxes.filter': { keys: '/', label: 'Filter the list', group: 'Sandboxes' },
  'tab.1': { keys: '1', label: 'Run', group: 'Sandbox' },
  'tab.2': { keys: '2', label: 'Sessions', group: 'Sandbox' },
  'tab.3': { keys: '3', label: 'Terminal', group: 'Sandbox' },
  'tab.4': { keys: '4', label: 'Interpreter', group: 'Sandbox' },
  'tab.5': { keys: '5', label: 'Files', group: 'Sandbox' },
  'tab.6': { keys: '6', label: 'Processes', group: 'Sandbox' },
  'tab.7': { keys: '7', label: 'Info', group: 'Sandbox' },
  'tab.8': { keys: '8', label: 'History', group: 'Sandbox' },
  'run.start': { keys: '$mod+Enter', label: 'Run', group: 'Run' },
  'run.stop': { keys: '$mod+.', label: 'Stop', group: 'Run' },
  'run.again': { keys: 'a', label: 'Run the shown run again', group: 'Run' },
  'run.edit': { keys: 'e', label: 'Open the selected run in the editor', group: 'Run' },
  'run.compare': { keys: 'd', label: 'Compare with another run', group: 'Run' },
  'cell.run': { keys: '$mod+Enter', label: 'Run cell', group: 'Interpreter' },
  'cell.advance': { keys: 'Shift+Enter', label: 'Run cell and advance', group: 'Interpreter' },
  'cell.interrupt': { keys: '$mod+.', label: 'Interrupt', group: 'Interpreter' },
  'notebook.runAll': { keys: '$mod+Shift+Enter', label: 'Run all cells', group: 'Interpreter' },
  'command.new': { keys: 'r', label: 'Type a command', group: 'Sessions' },
  'command.input': { keys: 'i', label: 'Type input for the command or run', group: 'Sessions' },
  'sessions.filter': { keys: '/', label: 'Filter the sessions', group: 'Sessions' },
  'terminal.split': { keys: '$mod+\\', label: 'Split the terminal', group: 'Terminal' },
  'file.save': { keys: '$mod+s', label: 'Save the file', group: 'Files' },
  'files.search': { keys: '/', label: 'Search files', group: 'Files' },
  'files.upload': { keys: 'u', label: 'Upload files', group: 'Files' },
  'files.refresh': { keys: 'r', label: 'Refresh the folders', group: 'Files' },
  'processes.refresh': { keys: 'r', label: 'Refresh the processes', group: 'Processes' },
  'processes.system': { keys: 'h', label: 'Show or hide system processes', group: 'Processes' },
  'audit.filter': { keys: '/', label: 'Filter the audit log', group: 'Audit log' },
  'history.filter': { keys: '/', label: 'Filter the history', group: 'History' },
  'history.again': { keys: 'a', label: 'Run the entry again', group: 'History' },
  'history.edit': { keys: 'e', label: 'Open the entry in the editor', group: 'History' },
  'history.pin': { keys: 'p', label: 'Pin or unpin the entry', group: 'History' },
  'history.compare': { keys: 'd', label: 'Compare with another entry', group: 'History' },
  'history.close': { keys: 'Escape', label: 'Close the entry', group: 'History' },
  'log.find': { keys: '$mod+f', label: 'Find in pane', group: 'Log pane' },
  'log.line': { keys: '$mod+g', label: 'Go to line or time', group: 'Log pane' },
  'log.end': { keys: 'End', label: 'Jump to end and follow', group: 'Log pane' },
  'log.follow': { keys: '.', label: 'Follow or pause', group: 'Log pane' },
  'replay.play': { keys: 'k', label: 'Play or pause', group: 'Replay' },
  'replay.back': { keys: 'j', label: 'Back 5 seconds', group: 'Replay' },
  'replay.forward': { keys: 'l', label: 'Forward 5 seconds', group: 'Replay' },
  'replay.step': { keys: '.', label: 'Next output', group: 'Replay' },
} as const satisfies Record<string, Hotkey>

export type HotkeyId = keyof typeof table
export const hotkeys: Readonly<Record<HotkeyId, Hotkey>> = table
export const hotkeyIds = Object.keys(table) as HotkeyId[]

/** Keys that work in one control only, which handles them itself: for the sheet, beside the shortcuts above. */
export const controlKeys: readonly Hotkey[] = [
  { keys: 'Enter', label: 'Run the command, or send the input', group: 'Sessions' },
  { keys: 'Shift+Enter', label: 'New line in a command or input', group: 'Sessions' },
  { keys: 'Alt+Enter', label: 'Send the input without a newline', group: 'Sessions' },
  { keys: 'Control+d', label: 'End of input', group: 'Sessions' },
  { keys: 'Control+c', label: 'Interrupt from the input line', group: 'Sessions' },
  { keys: 'ArrowUp', label: 'Earlier command', group: 'Sessions' },
  { keys: 'Control+Shift+c', label: 'Copy', group: 'Terminal' },
  { keys: 'Control+Shift+v', label: 'Paste', group: 'Terminal' },
  { keys: 'Control+Shift+Escape', label: 'Leave the terminal', group: 'Terminal' },
  { keys: 'Delete', label: 'Kill the selected process', group: 'Processes' },
  { keys: 'Escape', label: 'Close the selected process', group: 'Processes' },
  { keys: 'Enter', label: 'Open the selected pane', group: 'Live wall' },
  { keys: 'x', label: 'Remove the selected pane', group: 'Live wall' },
  { keys: 'ArrowUp', label: 'Select another pane, as the other arrow keys do', group: 'Live wall' },
  { keys: 'Home', label: 'Jump to the beginning', group: 'Log pane' },
]

/** True for shortcuts without a modifier or function key, which are ignored while the user types. */
export function isPlainKey(keys: string): boolean {
  return keys.split(' ').every((press) => !press.includes('$mod') && !/^(Shift\+)?(F\d+|Enter)$/.test(press))
}

const names = { Control: 'Ctrl', Escape: 'Esc', ArrowUp: '↑', Delete: 'Del' }
const symbols: Record<'mac' | 'other', Record<string, string>> = {
  mac: { ...names, $mod: '⌘', Shift: '⇧', Alt: '⌥', Control: '⌃', Enter: '⏎' },
  other: { ...names, $mod: 'Ctrl' },
}

/**
 * The key caps of a shortcut for display: one array per press, one string per key.
 */
export function keyCaps(keys: string, platform: 'mac' | 'other'): string[][] {
  return keys.split(' ').map((press) => {
    return press.split('+').map((key) => symbols[platform][key] ?? (key.length === 1 ? key.toUpperCase() : key))
  })
}

/**
 * The bindings to listen for. Whether a symbol needs Shift depends on the keyboard layout (`?` nearly everywhere, `/` on
 * German ones), so a single symbol is bound with and without it.
 */
export function keyBindings(keys: string): string[] {
  return /^[^A-Za-z0-9\s]$/.test(keys) ? [keys, `Shift+${keys}`] : [keys]
}

/** A shortcut for `aria-keyshortcuts` (`Control+K`); undefined for sequences, which the attribute cannot express. */
export function ariaKeyShortcuts(keys: string, platform: 'mac' | 'other'): string | undefined {
  if (keys.includes(' ')) return undefined
  return keys.replace('$mod', platform === 'mac' ? 'Meta' : 'Control')
}
