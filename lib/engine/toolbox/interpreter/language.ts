/** What the toolbox must know of a language to keep contexts of it; everything else is the same for all. */
import type { CodeLanguage } from '@/lib/process-api/process'
import type { ProcessEntry } from '../../linux/process-table'
import type { ToolboxServices } from '../services/services'
import { javascript, typescript } from './javascript'
import { python } from './python'
import type { WorkerChannel } from './worker-messages'

export interface Language {
  /** How a sentence names its process: "the … process ended". */
  readonly title: string
  /** The program that runs one piece of code after another. */
  program(services: ToolboxServices): { file: string; args: string[] }
  /** Sockets from descriptor 3 on: one for both ways, or the first to the process and the second from it. */
  readonly sockets: 1 | 2
  /** Make of the code what the process takes. Rejects with a `CodeError` where that cannot be done. */
  prepare(code: string, services: ToolboxServices): PreparedCode | Promise<PreparedCode>
  /** Ask the process to call off its run of this id. */
  interrupt(run: string, process: ProcessEntry | undefined, channel: WorkerChannel): void
}

export interface PreparedCode {
  code: string
  /** Source map from `code` to what the client sent. */
  sourceMap?: string
}

/** The code has errors that were found before it ran; to its client an error like any other. */
export class CodeError extends Error {
  override readonly name = 'CodeError'

  constructor(readonly shown: { name: string; value: string; traceback: string }) {
    super(shown.value)
  }
}

export const languages: Record<CodeLanguage, Language> = { python, javascript, typescript }
