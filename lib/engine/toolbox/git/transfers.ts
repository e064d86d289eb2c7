/** Clone, pull and push. */

import type { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import type { gitCloneRequestSchema, gitPullRequestSchema, gitPushRequestSchema } from '@/lib/process-api/git'
import { removeTree } from '../files/remove-tree'
import { splitAddress } from './remote-address'
import { Repository } from './repository'
import type { GitCredentials, GitServices } from './run-git'

export async function clone(
  services: GitServices,
  request: z.output<typeof gitCloneRequestSchema>,
  signal: AbortSignal,
): Promise<void> {
  const { address, credentials } = splitAddress(request.url, request)
  const outside = new Repository(services, '.', signal)
  const target = new Repository(services, request.path, signal)
  const { branch, commit_id: commit, depth } = request
  const options = { credentials, env: await sshEnvironment(outside) }
  const untrusted = request.insecure_skip_tls ? ['-c', 'http.sslVerify=false'] : []
  const depthOption = depth ? [`--depth=${depth}`] : []
  await outside.run(
    [
      ...untrusted,
      'clone',
      ...depthOption,
      ...(branch === undefined ? [] : [`--branch=${branch}`]),
      ...(commit === undefined ? [] : ['--no-checkout']),
      '--',
      address,
      target.folder,
    ],
    options,
  )
  if (commit === undefined) return
  try {
    const known = await target.attempt(['cat-file', '-e', `${commit}^{commit}`])
    if (known.exitCode !== 0) {
      await target.run([...untrusted, 'fetch', ...depthOption, 'origin', commit], options)
    }
    await target.run(['checkout', '--detach', commit])
  } catch (error) {
    // As git itself does with a clone that failed, so that it can be repeated.
    await removeTree(target.folder).catch(() => undefined)
    throw error
  }
}

export async function pull(repository: Repository, request: z.output<typeof gitPullRequestSchema>): Promise<void> {
  const source = await sourceOf(repository, request)
  const credentials = await credentialsFor(repository, source.remote, request, [])
  // Without a setting, git refuses to pull into a branch with commits of its own.
  const isChosen = (await repository.setting('pull.rebase')) !== null || (await repository.setting('pull.ff')) !== null
  const merge = isChosen ? [] : ['-c', 'pull.rebase=false']
  await repository.run([...merge, 'pull', '--no-edit', source.remote, source.branch], {
    credentials,
    env: await sshEnvironment(repository),
  })
}

export async function push(repository: Repository, request: z.output<typeof gitPushRequestSchema>): Promise<void> {
  const current = await repository.currentBranch()
  const branch = request.branch ?? current
  if (branch === null) throw new ApiError('CONFLICT', 'no branch is checked out: name the branch to push')
  const remote = request.remote ?? (await repository.setting(`branch.${branch}.remote`)) ?? 'origin'
  const credentials = await credentialsFor(repository, remote, request, ['--push'])
  const upstream = request.set_upstream ? ['--set-upstream'] : []
  await repository.run(['push', ...upstream, remote, branch], { credentials, env: await sshEnvironment(repository) })
}

async function sourceOf(
  repository: Repository,
  { remote, branch }: { remote?: string | undefined; branch?: string | undefined },
): Promise<{ remote: string; branch: string }> {
  const current = await repository.currentBranch()
  const upstream = current === null ? null : await repository.setting(`branch.${current}.remote`)
  const merge = current === null ? null : await repository.setting(`branch.${current}.merge`)
  const usesUpstream = upstream !== null && (remote === undefined || remote === upstream)
  const source = branch ?? (usesUpstream ? merge : null) ?? current
  if (source === null) throw new ApiError('CONFLICT', 'no branch is checked out: name the branch to pull')
  return { remote: remote ?? upstream ?? 'origin', branch: source }
}

/** They are only sent to the host of the remote. */
async function credentialsFor(
  repository: Repository,
  remote: string,
  given: { username?: string | undefined; password?: string | undefined },
  options: readonly string[],
): Promise<GitCredentials | null> {
  if (given.username === undefined && given.password === undefined) return null
  const { exitCode, stdout } = await repository.attempt(['remote', 'get-url', ...options, '--', remote])
  return splitAddress(exitCode === 0 ? stdout.trim() : remote, given).credentials
}

/**
 * In a sandbox every host is new to SSH, and nobody can be asked: the key of a new host is accepted and stored, one that
 * changed is refused. Settings of the user come first.
 */
async function sshEnvironment(repository: Repository): Promise<Record<string, string>> {
  if (repository.hasVariable('GIT_SSH_COMMAND') || repository.hasVariable('GIT_SSH')) return {}
  if ((await repository.setting('core.sshCommand')) !== null) return {}
  return { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new' }
}

/** Fetch a remote without credentials. */
export async function fetchRemote(repository: Repository, name: string): Promise<void> {
  await repository.run(['fetch', '--', name], { env: await sshEnvironment(repository) })
}
