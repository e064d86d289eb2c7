/** What differs between the languages of contexts. */
import type { CodeLanguage } from '@/lib/process-api/process'
import type { ProcessEntry } from '../../linux/process-table'
import type { ToolboxServices } from '../services/services'
import { javascript, typescript } from './javascript'
import { python } from './python'
import type { WorkerChannel } from './worker-messages'

export interface WorkerProgram {
  file: string
  args: string[]
  env: Readonly<Record<string, string>>
}

export interface Language {
  /** The name in sentences such as "the … process exited". */
  readonly title: string
  /** The program of the worker. @param env the environment of the sandbox's processes */
  program(services: ToolboxServices, env: Readonly<Record<string, string>>): WorkerProgram
  /** Sockets from descriptor 3 on: one for both ways, or the first to the process and the second from it. */
  readonly sockets: 1 | 2
  /** Compile the code for the worker where necessary. Rejects with a `CodeError`. */
  prepare(code: string, services: ToolboxServices): PreparedCode | Promise<PreparedCode>
  /** Ask the worker to interrupt the run with this id. */
  interrupt(run: string, process: ProcessEntry | undefined, channel: WorkerChannel): void
}

export interface PreparedCode {
  code: string
  /** Source map from `code` to the client's code. */
  sourceMap?: string
}

export const languages: Record<CodeLanguage, Language> = { python, javascript, typescript }
