/** The git routes: the sandbox's own git, with the rights of its user. */
import type { ServerResponse } from 'node:http'
import { closeSignal } from '@/lib/edge/close-signal'
import { ApiError } from '@/lib/process-api/errors'
import { gitOperations } from '@/lib/process-api/operations/git'
import type { Routes } from '../../http/router'
import { gitError } from '../git/git-errors'
import { parseStatus } from '../git/git-status'
import { historyFormat, parseHistory } from '../git/history'
import { parseRemotes, refusePassword } from '../git/remote-address'
import { Repository } from '../git/repository'
import type { GitServices } from '../git/run-git'
import { clone, fetchRemote, pull, push } from '../git/transfers'

export function registerGit(routes: Routes, services: GitServices): void {
  const open = (path: string, response: ServerResponse) => new Repository(services, path, closeSignal(response))

  registerContents(routes, open)
  registerBranches(routes, open)
  registerTransfers(routes, services, open)
  registerSettings(routes, open)
}

type Open = (path: string, response: ServerResponse) => Repository

function registerContents(routes: Routes, open: Open): void {
  routes.on(gitOperations.initRepository, async ({ body, response, reply }) => {
    const { path, bare, initial_branch: branch } = await body()
    const repository = open('.', response)
    const target = open(path, response).folder
    const options = [...(bare ? ['--bare'] : []), ...(branch === undefined ? [] : [`--initial-branch=${branch}`])]
    await repository.run(['init', ...options, '--', target])
    reply(201)
  })

  routes.on(gitOperations.getGitStatus, async ({ query, response, reply }) => {
    const repository = open(query.path, response)
    const options = ['--porcelain=v2', '--branch', '-z', '--untracked-files=all']
    // Reading must not hold a lock that a command of the user then finds taken.
    reply(200, parseStatus(await repository.run(['--no-optional-locks', 'status', ...options])))
  })

  routes.on(gitOperations.addFiles, async ({ body, response, reply }) => {
    const { path, files } = await body()
    await open(path, response).run(['add', '--', ...files])
    reply(200)
  })

  routes.on(gitOperations.commitChanges, async ({ body, response, reply }) => {
    const { path, message, author, email, allow_empty: allowEmpty } = await body()
    const repository = open(path, response)
    await repository.run(['commit', ...(allowEmpty ? ['--allow-empty'] : []), '--cleanup=verbatim', '--file=-'], {
      input: message,
      env: {
        GIT_AUTHOR_NAME: author,
        GIT_AUTHOR_EMAIL: email,
        GIT_COMMITTER_NAME: author,
        GIT_COMMITTER_EMAIL: email,
      },
    })
    reply(200, { hash: (await repository.run(['rev-parse', 'HEAD'])).trim() })
  })

  routes.on(gitOperations.resetChanges, async ({ body, response, reply }) => {
    const { path, mode, target = 'HEAD', files = [] } = await body()
    if (files.length > 0 && mode !== undefined && mode !== 'mixed') {
      throw new ApiError('BAD_REQUEST', `files cannot be reset with the mode ${mode}: leave the mode out`)
    }
    const what = files.length > 0 ? ['--', ...files] : [`--${mode ?? 'mixed'}`]
    const at = files.length > 0 ? ['reset', '-q', target, ...what] : ['reset', '-q', ...what, target, '--']
    await open(path, response).run(at)
    reply(200)
  })

  routes.on(gitOperations.restoreFiles, async ({ body, response, reply }) => {
    const { path, files, source, staged, worktree } = await body()
    const options = [
      ...(source === undefined ? [] : [`--source=${source}`]),
      ...(staged ? ['--staged'] : []),
      ...(worktree ? ['--worktree'] : []),
    ]
    await open(path, response).run(['restore', ...options, '--', ...files])
    reply(200)
  })

  routes.on(gitOperations.getCommitHistory, async ({ query, response, reply }) => {
    const repository = open(query.path, response)
    const result = await repository.attempt(['log', '-z', `--format=${historyFormat}`])
    // A new repository.
    if (/does not have any commits yet/.test(result.stderr)) return reply(200, [])
    if (result.exitCode !== 0) throw gitError(result)
    reply(200, parseHistory(result.stdout))
  })
}

function registerBranches(routes: Routes, open: Open): void {
  routes.on(gitOperations.listBranches, async ({ query, response, reply }) => {
    const repository = open(query.path, response)
    const names = await repository.run(['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads'])
    const current = await repository.currentBranch()
    reply(200, { branches: names.split('\n').filter(Boolean), ...(current === null ? {} : { current }) })
  })

  routes.on(gitOperations.createBranch, async ({ body, response, reply }) => {
    const { path, name } = await body()
    await open(path, response).run(['switch', '--create', name])
    reply(201)
  })

  routes.on(gitOperations.deleteBranch, async ({ body, response, reply }) => {
    const { path, name } = await body()
    await open(path, response).run(['branch', '--delete', '--force', '--', name])
    reply(204)
  })

  routes.on(gitOperations.checkoutBranch, async ({ body, response, reply }) => {
    const { path, branch } = await body()
    await open(path, response).run(['checkout', branch, '--'])
    reply(200)
  })
}

function registerTransfers(routes: Routes, services: GitServices, open: Open): void {
  routes.on(gitOperations.cloneRepository, async ({ body, response, reply }) => {
    await clone(services, await body(), closeSignal(response))
    reply(200)
  })

  routes.on(gitOperations.pullChanges, async ({ body, response, reply }) => {
    const request = await body()
    await pull(open(request.path, response), request)
    reply(200)
  })

  routes.on(gitOperations.pushChanges, async ({ body, response, reply }) => {
    const request = await body()
    await push(open(request.path, response), request)
    reply(200)
  })

  routes.on(gitOperations.listRemotes, async ({ query, response, reply }) => {
    const repository = open(query.path, response)
    await repository.run(['rev-parse', '--git-dir'])
    const { stdout } = await repository.attempt(['config', '-z', '--get-regexp', String.raw`^remote\..*\.url$`])
    reply(200, { remotes: parseRemotes(stdout) })
  })

  routes.on(gitOperations.addRemote, async ({ body, response, reply }) => {
    const { path, name, url, fetch, overwrite } = await body()
    refusePassword(url)
    const repository = open(path, response)
    const exists = (await repository.setting(`remote.${name}.url`)) !== null
    if (exists && overwrite) await repository.run(['remote', 'set-url', '--', name, url])
    else await repository.run(['remote', 'add', '--', name, url])
    if (fetch) await fetchRemote(repository, name)
    reply(201)
  })
}

function registerSettings(routes: Routes, open: Open): void {
  const at = (path: string | undefined, scope: string | undefined, response: ServerResponse) => {
    if (scope === 'local' && path === undefined) throw new ApiError('BAD_REQUEST', 'the scope local needs a path')
    return open(scope === 'global' || scope === 'system' ? '.' : (path ?? '.'), response)
  }

  routes.on(gitOperations.getGitConfig, async ({ query, response, reply }) => {
    const { key, scope } = query
    const path = query.path === '' ? undefined : query.path
    const repository = at(path, scope, response)
    const result = await repository.attempt(['config', ...(scope ? [`--${scope}`] : []), '-z', '--get', key])
    // Exit code 1 means that it is not set.
    if (result.exitCode === 1 && result.stderr === '') return reply(200, {})
    if (result.exitCode !== 0) throw gitError(result)
    reply(200, { value: result.stdout.replace(/\0$/, '') })
  })

  routes.on(gitOperations.setGitConfig, async ({ body, response, reply }) => {
    const { key, value, path, scope = path === undefined ? 'global' : 'local' } = await body()
    await at(path, scope, response).run(['config', `--${scope}`, '--replace-all', '--', key, value])
    reply(200)
  })

  routes.on(gitOperations.configureGitUser, async ({ body, response, reply }) => {
    const { name, email, path, scope = path === undefined ? 'global' : 'local' } = await body()
    const repository = at(path, scope, response)
    await repository.run(['config', `--${scope}`, '--replace-all', '--', 'user.name', name])
    await repository.run(['config', `--${scope}`, '--replace-all', '--', 'user.email', email])
    reply(200)
  })

  routes.on(gitOperations.authenticateGit, async ({ body, response, reply }) => {
    const { username, password, host = 'github.com', protocol = 'https' } = await body()
    const repository = open('.', response)
    const helpers = await repository.attempt(['config', '--global', '--get-all', 'credential.helper'])
    if (!helpers.stdout.split('\n').includes('store')) {
      await repository.run(['config', '--global', '--add', 'credential.helper', 'store'])
    }
    await repository.run(['-c', 'credential.helper=', '-c', 'credential.helper=store', 'credential', 'approve'], {
      input: `protocol=${protocol}\nhost=${host}\nusername=${username}\npassword=${password}\n\n`,
    })
    reply(200)
  })
}
