import type { CodeLanguage } from '@/lib/process-api/process'

/** Languages of code runs, in the order in which lists show them. */
export const codeLanguages: readonly { value: CodeLanguage; label: string }[] = [
  { value: 'python', label: 'Python' },
  { value: 'javascript', label: 'JavaScript' },
  { value: 'typescript', label: 'TypeScript' },
]

/** The display name of a language; an unknown language is returned unchanged. */
export function languageName(language: string): string {
  return codeLanguages.find(({ value }) => value === language)?.label ?? language
}
