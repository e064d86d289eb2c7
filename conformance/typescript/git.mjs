/** Repositories in a sandbox through an official SDK, from clone to push. `SDK` names the package. */
import assert from 'node:assert/strict'

const { Daytona } = await import(process.env.SDK)
const daytona = new Daytona()
const sandbox = await daytona.create()

async function shell(command) {
  const { exitCode, result } = await sandbox.process.executeCommand(command)
  assert.equal(exitCode, 0, result)
  return result.trim()
}

try {
  const { git, fs } = sandbox
  const origin = `${await sandbox.getUserHomeDir()}/origin.git`
  await shell(`git init -q --bare -b main ${origin} && git init -q -b main seed && cd seed && echo one > a.txt &&
    git add . && git -c user.name=Ada -c user.email=ada@example.org commit -qm first && git push -q ${origin} main`)

  await git.clone(origin, 'work')
  assert.equal(String(await fs.downloadFile('work/a.txt')), 'one\n')
  await fs.uploadFile(Buffer.from('two\n'), 'work/b ü.txt')
  const status = await git.status('work')
  assert.equal(status.currentBranch, 'main')
  assert.deepEqual(
    status.fileStatus.map(({ name, worktree }) => [name, worktree]),
    [['b ü.txt', 'Untracked']],
  )
  await git.createBranch('work', 'feature')
  await git.checkoutBranch('work', 'main')
  await git.checkoutBranch('work', 'feature')
  assert.deepEqual((await git.branches('work')).branches.sort(), ['feature', 'main'])
  await git.add('work', ['b ü.txt'])
  const { sha } = await git.commit('work', 'a "quoted"\nmessage', 'Ada', 'ada@example.org')
  assert.equal(sha, await shell('git -C work rev-parse HEAD'))
  assert.equal(await shell('git -C work log -1 --format="%an %ae"'), 'Ada ada@example.org')
  assert.deepEqual((await git.status('work')).fileStatus, [])
  await git.checkoutBranch('work', 'main')
  await shell('git -C work merge -q feature')
  await git.push('work')
  assert.equal(await shell(`git -C ${origin} rev-parse main`), sha)
  await shell(`cd seed && git pull -q ${origin} main`)
  await shell(`cd seed && echo three > c.txt && git add . && git -c user.name=A -c user.email=a@b commit -qm third &&
    git push -q ${origin} main`)
  await git.pull('work')
  assert.equal(String(await fs.downloadFile('work/c.txt')), 'three\n')
  await git.deleteBranch('work', 'feature')
  assert.deepEqual((await git.branches('work')).branches, ['main'])
  await assert.rejects(git.status('nowhere'), { statusCode: 404 })
  await assert.rejects(git.checkoutBranch('work', 'missing'), (error) => error.statusCode >= 400)
} finally {
  await sandbox.delete()
}
console.log('through')
