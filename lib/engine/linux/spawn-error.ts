/** A process could not be started. The message is a plain sentence for users. */
export class SpawnError extends Error {
  override readonly name = 'SpawnError'
}

/** The working directory of a process cannot be used: the mistake of whoever named it. */
export class FolderError extends SpawnError {
  /** @param code the system's error code, such as `ENOENT` */
  constructor(code: string, folder: string, options?: ErrorOptions) {
    super(`The working directory ${folder} ${folderProblem(code)}.`, options)
  }
}

function folderProblem(code: string): string {
  if (code === 'ENOENT') return 'does not exist'
  if (code === 'ENOTDIR') return 'is not a folder'
  if (code === 'EACCES') return 'cannot be entered: permission denied'
  return `cannot be used (${code})`
}

/** Explain in a plain sentence why a process could not be started. `error` may have a system `code`. */
export function explainSpawn(error: unknown, file: string): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return `${file} is not installed in this sandbox.`
    case 'EACCES':
      return `${file} may not be executed.`
    case 'E2BIG':
      return 'The arguments and the environment are too long for the system.'
    case 'EAGAIN':
      return 'No more processes can be started: the process limit has been reached.'
    case 'ENOMEM':
      return 'No more processes can be started: out of memory.'
    case 'EMFILE':
    case 'ENFILE':
      return 'No more processes can be started: too many files are open.'
    default:
      return `${file} could not be started (${errorCode(error)}).`
  }
}

/** The system's error code, such as `ENOENT`. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error'
}
