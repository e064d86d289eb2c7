import type { Extension } from '@codemirror/state'

export type EditorLanguage =
  | 'python'
  | 'javascript'
  | 'typescript'
  | 'shell'
  | 'json'
  | 'markdown'
  | 'html'
  | 'css'
  | 'yaml'
  | 'text'

/** Loads a grammar on first use: each has 10 to 40 kB, which most pages do not need. */
export async function loadLanguage(language: EditorLanguage): Promise<Extension> {
  switch (language) {
    case 'python':
      return (await import('@codemirror/lang-python')).python()
    case 'javascript':
      return (await import('@codemirror/lang-javascript')).javascript()
    case 'typescript':
      return (await import('@codemirror/lang-javascript')).javascript({ typescript: true })
    case 'shell': {
      const [{ StreamLanguage }, { shell }] = await Promise.all([
        import('@codemirror/language'),
        import('@codemirror/legacy-modes/mode/shell'),
      ])
      return StreamLanguage.define(shell)
    }
    case 'json':
      return (await import('@codemirror/lang-json')).json()
    case 'markdown':
      return (await import('@codemirror/lang-markdown')).markdown()
    case 'html':
      return (await import('@codemirror/lang-html')).html()
    case 'css':
      return (await import('@codemirror/lang-css')).css()
    case 'yaml':
      return (await import('@codemirror/lang-yaml')).yaml()
    case 'text':
      return []
    default:
      return language satisfies never
  }
}

/** The conventional indentation of a language. */
export function indentUnitOf(language: EditorLanguage): string {
  return language === 'python' ? '    ' : '  '
}
