/** The language servers that can be used, and where they are searched. */
import { extname } from 'node:path'
import type { LspLanguage } from '@/lib/process-api/lsp'

export interface LspProgram {
  readonly name: string
  readonly args: readonly string[]
  /** Command for the shell of a sandbox that installs it where it is found. */
  readonly install: string
  /** Of source files, with the dot. */
  readonly extensions: readonly string[]
  /** Options of the server's own. */
  readonly options: object
}

const pylsp: LspProgram = {
  name: 'pylsp',
  args: [],
  install: 'python3 -m venv ~/.venv && ~/.venv/bin/pip install python-lsp-server',
  extensions: ['.py'],
  options: {},
}

/** One server handles both languages. */
const typescript: LspProgram = {
  name: 'typescript-language-server',
  args: ['--stdio'],
  install: 'npm install --prefix ~ typescript@5 typescript-language-server',
  extensions: ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'],
  // Without this, the server downloads type definitions and writes them into the home directory.
  options: { disableAutomaticTypingAcquisition: true },
}

export const lspPrograms: Record<LspLanguage, LspProgram> = { python: pylsp, typescript, javascript: typescript }

/** `PATH` of a language server: that of the sandbox, then where people install servers without being root. */
export function searchPath(path: string, home: string, project: string): string {
  const folders = [project, home]
  return [
    path,
    ...folders.map((folder) => `${folder}/.venv/bin`),
    ...folders.map((folder) => `${folder}/node_modules/.bin`),
    `${home}/.local/bin`,
  ].join(':')
}

const byExtension: Record<string, string> = {
  '.py': 'python',
  '.pyi': 'python',
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.cts': 'typescript',
  '.tsx': 'typescriptreact',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.jsx': 'javascriptreact',
}

/** The protocol's name of a document's language. */
export function documentLanguage(path: string, language: LspLanguage): string {
  return byExtension[extname(path).toLowerCase()] ?? language
}
