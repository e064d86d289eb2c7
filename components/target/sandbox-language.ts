import type { CodeLanguage } from '@/lib/process-api/process'

/** Names of the languages of code runs, in the order of every list. */
export const codeLanguages: readonly { value: CodeLanguage; label: string }[] = [
  { value: 'python', label: 'Python' },
  { value: 'javascript', label: 'JavaScript' },
  { value: 'typescript', label: 'TypeScript' },
]

/** The name of a language for people; one that this console does not know is shown as it is. */
export function languageName(language: string): string {
  return codeLanguages.find(({ value }) => value === language)?.label ?? language
}
