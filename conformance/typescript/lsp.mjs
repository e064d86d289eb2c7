/** Language servers through an official SDK. `SDK` names the package, `LSP_PROGRAM` a server for where there is none. */
import assert from 'node:assert/strict'

const { Daytona } = await import(process.env.SDK)
const daytona = new Daytona()
const sandbox = await daytona.create()

try {
  await sandbox.fs.createFolder('project', '755')
  await sandbox.fs.uploadFile(
    Buffer.from('class Alpha:\n    def beta(self):\n        pass\nAlpha().be\n'),
    'project/main.py',
  )
  const file = `${await sandbox.getWorkDir()}/project/main.py`
  const lsp = await sandbox.createLspServer('python', 'project')
  try {
    await lsp.start()
  } catch (error) {
    // Where it is missing, the error says how to install it.
    assert.match(error.message, /pylsp is not installed .*: .*install/)
    await sandbox.fs.createFolder('.local/bin', '755')
    await sandbox.fs.uploadFile(process.env.LSP_PROGRAM, '.local/bin/pylsp')
    await sandbox.fs.setFilePermissions('.local/bin/pylsp', { mode: '755' })
    await lsp.start()
  }
  await lsp.didOpen(file)
  const names = (symbols) => symbols.map(({ name }) => name)
  const symbols = await lsp.documentSymbols(file)
  assert.ok(names(symbols).includes('Alpha') && names(symbols).includes('beta'))
  assert.equal(symbols.find(({ name }) => name === 'Alpha').location.range.start.line, 0)
  const { items } = await lsp.completions(file, { line: 3, character: 10 })
  assert.ok(items.some(({ label }) => label.startsWith('beta')))
  assert.ok(names(await lsp.workspaceSymbols('Alpha')).includes('Alpha'))
  await lsp.didClose(file)
  await lsp.stop()
} finally {
  await sandbox.delete()
}
console.log('through')
