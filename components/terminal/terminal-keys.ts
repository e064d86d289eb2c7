/** What a key does in a terminal, where it does not go to the program. */

export type TerminalKeyAction =
  /** Copy the selection. */
  | 'copy'
  /** Let the browser send its paste event. */
  | 'paste'
  | 'leave'
  | 'find'
  | 'split'
  | 'palette'

interface Key {
  key: string
  code: string
  ctrlKey: boolean
  shiftKey: boolean
  altKey: boolean
  metaKey: boolean
}

/** Null for a key of the program. `Ctrl-C` copies only where something is selected. */
export function terminalKeyAction(event: Key, hasSelection: boolean): TerminalKeyAction | null {
  const { ctrlKey, shiftKey, altKey, metaKey, code } = event
  if (altKey || metaKey || !ctrlKey) return null
  if (!shiftKey) return code === 'KeyC' && hasSelection ? 'copy' : null
  switch (code) {
    case 'KeyC':
      return 'copy'
    case 'KeyV':
      return 'paste'
    case 'Escape':
      return 'leave'
    case 'KeyF':
      return 'find'
    case 'KeyK':
      return 'palette'
    case 'Backslash':
      return 'split'
    default:
      return null
  }
}
