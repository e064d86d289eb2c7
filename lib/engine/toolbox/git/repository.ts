/** One repository: runs git in its folder, and turns failures into errors of the API. */
import { ApiError } from '@/lib/process-api/errors'
import { FileSpace } from '../files/paths'
import { gitError } from './git-errors'
import { type GitCommand, type GitResult, type GitServices, runGit } from './run-git'

export type GitOptions = Partial<Pick<GitCommand, 'env' | 'input' | 'credentials'>>

export class Repository {
  /** Absolute. */
  readonly folder: string

  /**
   * @param path as the client sent it
   * @param signal aborted when the client disconnects
   */
  constructor(
    private readonly services: GitServices,
    path: string,
    readonly signal: AbortSignal,
  ) {
    if (path.includes('\0')) throw new ApiError('BAD_REQUEST', 'path contains a NUL character')
    this.folder = new FileSpace(services).absolute(path)
  }

  /** Run git, whatever its exit code. */
  attempt(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
    return runGit(this.services, { ...options, args, cwd: this.folder, signal: this.signal })
  }

  /** Run git and return what it printed. Throws an `ApiError` if its exit code is not 0. */
  async run(args: readonly string[], options?: GitOptions): Promise<string> {
    const result = await this.attempt(args, options)
    if (result.exitCode !== 0) throw gitError(result)
    return result.stdout
  }

  /** Whether commands of the sandbox have this variable. */
  hasVariable(name: string): boolean {
    return this.services.childEnvironment({})[name] !== undefined
  }

  /** The value of a setting; null if it is not set. */
  async setting(name: string): Promise<string | null> {
    const { exitCode, stdout } = await this.attempt(['config', '--get', '-z', name])
    return exitCode === 0 ? stdout.replace(/\0$/, '') : null
  }

  /** Null if no branch is checked out. */
  async currentBranch(): Promise<string | null> {
    const result = await this.attempt(['symbolic-ref', '--short', '-q', 'HEAD'])
    if (result.exitCode === 0) return result.stdout.trim()
    if (result.exitCode === 1) return null
    throw gitError(result)
  }
}
