/** Runs the sandbox's git, as a process of the sandbox. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '@/lib/process-api/errors'
import { killTree } from '../../linux/kill-tree'
import { executionMark } from '../../linux/process-table'
import { FolderError, SpawnError } from '../../linux/spawn-error'
import { startChild } from '../process/child'
import type { ToolboxServices } from '../services/services'

export type GitServices = Pick<ToolboxServices, 'config' | 'starter' | 'childEnvironment'>

export interface GitCredentials {
  username: string
  password: string
  /** Where they may be sent, such as `https://git.example:8443`. */
  origin: string
}

export interface GitCommand {
  args: readonly string[]
  /** Absolute folder. */
  cwd: string
  env?: Readonly<Record<string, string>>
  input?: string
  credentials?: GitCredentials | null
  /** Ends the process when the client disconnects. */
  signal: AbortSignal
}

export interface GitResult {
  /** Null if git was ended by a signal. */
  exitCode: number | null
  stdout: string
  stderr: string
}

/** Maximum output of one command in bytes; more ends it. Parsed, it takes ten times the memory. */
const maxOutputBytes = 16 * 1024 * 1024
/** What git started may keep its output open after its exit: nothing is expected once there was no output for this long. */
const drainMs = 250
/** A question for credentials, and replies that were not read. */
const maxQuestionLength = 64 * 1024

/**
 * Git asks this helper for credentials. It forwards what git wants to know to descriptor 3, and prints the reply, so
 * that the password is neither an argument nor a variable nor a file.
 */
const credentialHelper =
  '!f() { [ "$1" = get ] || exit 0; while IFS= read -r line && [ -n "$line" ]; do printf "%s\\n" "$line"; done >&3; ' +
  'printf "\\n" >&3; while IFS= read -r line <&3 && [ -n "$line" ]; do printf "%s\\n" "$line"; done; }; f'

/** No command may wait for a person. Messages are in English, since errors are distinguished by them. */
const environment = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_EDITOR: ':',
  GIT_PAGER: 'cat',
  LC_ALL: 'C.UTF-8',
  LANGUAGE: 'C',
}

/** Run git. Rejects with an `ApiError` if it cannot be started, prints too much, or the client has disconnected. */
export async function runGit(services: GitServices, command: GitCommand): Promise<GitResult> {
  const { cwd, signal, credentials } = command
  const id = randomUUID()
  const helper = credentials ? ['-c', 'credential.helper=', '-c', `credential.helper=${credentialHelper}`] : []
  const child = await startChild(services.starter, {
    file: 'git',
    args: ['--no-pager', ...helper, ...command.args],
    cwd,
    env: services.childEnvironment({ ...environment, ...command.env }, id),
    stdin: command.input === undefined ? null : 'socket',
    stdout: 'socket',
    stderr: 'socket',
    more: credentials ? ['socket'] : [],
  }).catch((error) => {
    throw asApiError(error)
  })
  const sockets = [...child.sockets]
  const stdin = command.input === undefined ? undefined : sockets.shift()
  const [stdout, stderr, questions] = sockets
  const roots = {
    mark: { variable: executionMark, value: id },
    ...(child.entry ? { leaders: [child.entry] } : {}),
    supervisor: child.supervisor,
  }
  let tooLong = false
  let isEnding = false
  const end = () => {
    if (isEnding) return
    isEnding = true
    void killTree(roots)
  }
  const onTooLong = () => {
    tooLong = true
    end()
  }
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    for (const socket of child.sockets) socket.on('error', () => socket.destroy())
    stdin?.end(command.input)
    stdin?.resume()
    if (questions && credentials) answerQuestions(questions, credentials)
    const [exit, out, errors] = await Promise.all([
      child.exited,
      readAll(stdout, child.exited, onTooLong),
      readAll(stderr, child.exited, onTooLong),
    ])
    signal.throwIfAborted()
    if (tooLong) throw new ApiError('PAYLOAD_TOO_LARGE', `the output of git is longer than ${maxOutputBytes} bytes`)
    return { exitCode: exit.signal === null ? exit.exitCode : null, stdout: out, stderr: errors }
  } finally {
    signal.removeEventListener('abort', end)
    for (const socket of child.sockets) socket.destroy()
  }
}

async function readAll(socket: Duplex | undefined, exited: Promise<unknown>, onTooLong: () => void): Promise<string> {
  if (!socket) return ''
  const chunks: Buffer[] = []
  let size = 0
  socket.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= maxOutputBytes) {
      chunks.push(chunk)
      return
    }
    socket.destroy()
    onTooLong()
  })
  void exited.then(async () => {
    for (let before = -1; before < size && !socket.closed; ) {
      before = size
      await sleep(drainMs, undefined, { ref: false })
    }
    socket.destroy()
  })
  // A command that prints nothing may have ended by now.
  if (!socket.closed) await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

/**
 * Answers only for the origin that the client named: git follows redirects to other hosts. What git starts has the socket
 * too, so that a question may never end, and nobody may read the replies.
 */
function answerQuestions(socket: Duplex, credentials: GitCredentials): void {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      socket.write(replyTo(text.slice(0, end), credentials))
      text = text.slice(end + 2)
    }
    if (text.length > maxQuestionLength || socket.writableLength > maxQuestionLength) socket.destroy()
  })
}

/** @param question lines `name=value` of git's credential protocol */
function replyTo(question: string, { username, password, origin }: GitCredentials): string {
  const asked = new Map(
    question.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const address = `${asked.get('protocol')}://${asked.get('host')}`
  const isOurs = URL.canParse(address) && new URL(address).origin === origin
  return isOurs ? `username=${username}\npassword=${password}\n\n` : '\n'
}

function asApiError(error: unknown): unknown {
  if (!(error instanceof SpawnError)) return error
  if (error instanceof FolderError) return new ApiError('GIT_REPO_NOT_FOUND', error.message)
  const hint = error.message.includes('not installed') ? ' Install it, for example with "apt-get install git".' : ''
  return new ApiError('UNPROCESSABLE_ENTITY', `${error.message}${hint}`)
}
