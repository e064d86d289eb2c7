/** The Files page: tree, editor, uploads and downloads, with real files in a real sandbox. */
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { FilesPage } from './pages/files-page'
import { expect, type TestSandbox, test } from './support/fixtures'

let folder: string

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandglass-files-e2e-'))
})
test.afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function execute(sandbox: TestSandbox, command: string): Promise<string> {
  const response = await sandbox.toolbox<{ exitCode: number; result: string }>('POST', '/process/execute', { command })
  expect(response.exitCode, response.result).toBe(0)
  return response.result.trimEnd()
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function download(page: Page, click: () => Promise<void>): Promise<{ name: string; path: string }> {
  const [event] = await Promise.all([page.waitForEvent('download'), click()])
  return { name: event.suggestedFilename(), path: await event.path() }
}

test('folders open in the tree with mouse and keys, and the path is in the address', async ({ page, sandbox }) => {
  await execute(
    sandbox,
    'mkdir -p app/src && echo "print(1)" > app/src/main.py && ln -s app link && ln -s nowhere lost',
  )
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open()
  await expect(files.item('app')).toHaveAttribute('aria-expanded', 'false')
  await expect(files.item('link')).toContainText('links to app')
  await expect(files.item('lost')).toContainText('links to nowhere')
  await files.choose('app')
  await expect(files.folder).toContainText('1 folder')
  await files.tree.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowRight')
  await expect(files.item('main.py')).toBeVisible()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/files\/home\/daytona\/app\/src\/main\.py$/)
  await expect(files.editor).toContainText('print(1)')
  await page.reload()
  await expect(files.editor).toContainText('print(1)')
  await expect(files.item('main.py')).toHaveAttribute('aria-selected', 'true')
  await page.getByRole('navigation', { name: 'Path' }).getByRole('link', { name: 'src' }).click()
  await expect(files.folder).toContainText('1 file')
  await files.file.or(files.folder).first().waitFor()
  await page.getByRole('navigation', { name: 'Path' }).getByRole('link', { name: '/', exact: true }).click()
  await expect(files.item('etc')).toBeVisible()
})

test('a file is edited and saved with its mode and line ends', async ({ page, sandbox }) => {
  await execute(sandbox, "printf 'a\\r\\nb\\r\\n' > crlf.txt && chmod 640 crlf.txt && ln -s crlf.txt alias.txt")
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open('alias.txt')
  await expect(files.editor).toContainText('a')
  await expect(files.save).toBeDisabled()
  await files.write('one\ntwo\n')
  await expect(files.item('alias.txt')).toContainText('edited')
  await page.keyboard.press('ControlOrMeta+s')
  await expect(files.save).toBeDisabled()
  await expect(files.item('alias.txt')).not.toContainText('edited')
  expect(await execute(sandbox, 'stat -c %a crlf.txt; readlink alias.txt; od -An -c crlf.txt')).toMatch(
    /^640\ncrlf\.txt\n\s+o\s+n\s+e\s+\\r\s+\\n\s+t\s+w\s+o\s+\\r\s+\\n$/,
  )
  expect(await execute(sandbox, 'ls -A | grep sandglass-upload || true')).toBe('')
})

test('a change by somebody else is a conflict: it can be compared, dropped, or overwritten', async ({
  page,
  sandbox,
}) => {
  await execute(sandbox, 'echo first > shared.txt')
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open('shared.txt')
  await expect(files.editor).toContainText('first')
  await files.write('mine')
  await execute(sandbox, 'echo theirs > shared.txt')
  await files.save.click()
  const bar = files.file.getByRole('alert').filter({ hasText: 'Someone else changed this file.' })
  await expect(bar).toBeVisible()
  await bar.getByRole('button', { name: 'Show diff' }).click()
  await expect(files.file.getByRole('textbox', { name: 'The file now' })).toContainText('theirs')
  await expect(files.file.getByRole('textbox', { name: 'Your text' })).toContainText('mine')
  expect(await execute(sandbox, 'cat shared.txt')).toBe('theirs')
  await bar.getByRole('button', { name: 'Overwrite' }).click()
  await expect(bar).toHaveCount(0)
  expect(await execute(sandbox, 'cat shared.txt')).toBe('mine')

  await files.write('mine again')
  await execute(sandbox, 'echo theirs again > shared.txt')
  // The page notices by itself, before anything is saved.
  await expect(bar).toBeVisible({ timeout: 15_000 })
  await bar.getByRole('button', { name: 'Reload' }).click()
  await expect(files.editor).toContainText('theirs again')
  await expect(files.save).toBeDisabled()
})

test('50 MB are uploaded with progress and arrive equal, and come back equal', async ({ page, sandbox }) => {
  const bytes = randomBytes(50 * 1024 * 1024)
  await writeFile(join(folder, 'big.bin'), bytes)
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open()
  await page.getByLabel('Files to upload').setInputFiles(join(folder, 'big.bin'))
  await expect(files.upload('big.bin')).toContainText('✓ 52.4 MB', { timeout: 60_000 })
  expect(await execute(sandbox, 'sha256sum < big.bin')).toContain(sha256(bytes))
  await files.choose('big.bin')
  await expect(files.file).toContainText('This file is not text. Its first 4096 bytes:')
  const saved = await download(page, () => files.menu('Download'))
  expect(saved.name).toBe('big.bin')
  expect(sha256(await readFile(saved.path))).toBe(sha256(bytes))
})

test('a cancelled upload leaves nothing, and an existing file is replaced only on request', async ({
  page,
  sandbox,
}) => {
  await execute(sandbox, 'echo old > data.bin && chmod 600 data.bin')
  await writeFile(join(folder, 'data.bin'), 'new')
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open()
  // Slow enough that it is still running when it is cancelled.
  const client = await page.context().newCDPSession(page)
  await client.send('Network.enable')
  await client.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 200_000,
  })
  await writeFile(join(folder, 'slow.bin'), randomBytes(5 * 1024 * 1024))
  await page.getByLabel('Files to upload').setInputFiles(join(folder, 'slow.bin'))
  await expect(files.upload('slow.bin')).toContainText(/\d+ % · .*\/s/)
  await expect.poll(() => execute(sandbox, 'ls -A | grep -c sandglass-upload || true')).toBe('1')
  await files.uploads.getByRole('button', { name: 'Cancel the upload of slow.bin' }).click()
  await expect(files.upload('slow.bin')).toContainText('cancelled')
  await expect.poll(() => execute(sandbox, 'ls -A | grep -E "slow|sandglass-upload" || true')).toBe('')
  await client.detach()

  await page.getByLabel('Files to upload').setInputFiles(join(folder, 'data.bin'))
  await expect(files.upload('data.bin')).toContainText('already exists')
  expect(await execute(sandbox, 'cat data.bin')).toBe('old')
  await files.uploads.getByRole('button', { name: 'Replace data.bin' }).click()
  await expect(files.upload('data.bin')).toContainText('✓')
  expect(await execute(sandbox, 'cat data.bin; stat -c " %a" data.bin')).toBe('new 600')
})

test('an upload and a save that the sandbox refuses say why, and the text stays', async ({ page, sandbox }) => {
  await execute(sandbox, 'mkdir fixed && echo old > fixed/a.txt && chmod 444 fixed/a.txt && chmod 555 fixed')
  await writeFile(join(folder, 'b.txt'), 'b')
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open('fixed/a.txt')
  await page.getByLabel('Files to upload').setInputFiles(join(folder, 'b.txt'))
  await expect(files.upload('b.txt')).toContainText('Permission denied')
  await files.write('new')
  await files.save.click()
  await expect(files.file.getByRole('alert')).toContainText('Permission denied')
  await expect(files.editor).toHaveText('new')
  await expect(files.item('a.txt')).toContainText('edited')
  expect(await execute(sandbox, 'cat fixed/a.txt; chmod -R u+w fixed')).toBe('old')
})

test('a folder is uploaded with its subfolders and downloaded as an archive', async ({ page, sandbox }) => {
  await mkdir(join(folder, 'app/deep'), { recursive: true })
  await writeFile(join(folder, 'app/a.txt'), 'a')
  await writeFile(join(folder, 'app/deep/b.txt'), 'b')
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open()
  await page.getByLabel('Folder to upload').setInputFiles(join(folder, 'app'))
  await expect(files.uploads).toContainText('2 of 2 stored')
  expect(await execute(sandbox, 'cat app/a.txt app/deep/b.txt')).toBe('ab')

  const long = 'x'.repeat(200)
  await execute(
    sandbox,
    `ln -s deep/b.txt app/link && chmod 750 app/a.txt && echo long > app/${long} && mkfifo app/pipe`,
  )
  await files.choose('app')
  const saved = await download(page, () => files.menu('Download as .tar.gz'))
  expect(saved.name).toBe('app.tar.gz')
  const listed = execFileSync('tar', ['-tvzf', saved.path], { encoding: 'utf8' })
  expect(listed).toMatch(/-rwxr-x--- .* app\/a\.txt\n/)
  expect(listed).toContain('app/link -> deep/b.txt')
  expect(listed).toContain(`app/${long}\n`)
  expect(execFileSync('tar', ['-xOzf', saved.path, 'app/deep/b.txt'], { encoding: 'utf8' })).toBe('b')
  expect(execFileSync('tar', ['-xOzf', saved.path, 'app.left-out.txt'], { encoding: 'utf8' })).toContain('app/pipe:')
})

test('files and folders are created, renamed, moved, copied, given permissions and deleted', async ({
  page,
  sandbox,
}) => {
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open()
  await page.getByRole('button', { name: 'New', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Folder…' }).click()
  await files.answer('Name', 'lib', 'Create')
  await expect(files.folder).toContainText('This folder is empty.')
  await page.keyboard.press('n')
  await files.answer('Name', 'one.txt', 'Create')
  await expect(page).toHaveURL(/\/lib\/one\.txt$/)
  await files.write('text')
  await page.keyboard.press('ControlOrMeta+s')
  await expect(files.save).toBeDisabled()
  await files.menu('Rename…')
  await files.answer('New name', 'two.txt', 'Rename')
  await expect(page).toHaveURL(/\/lib\/two\.txt$/)
  await files.menu('Copy…')
  await files.answer('Path of the copy', 'copy.txt', 'Copy')
  await expect(page).toHaveURL(/\/lib\/copy\.txt$/)
  await files.menu('Move…')
  await files.answer('New path', '/home/daytona/moved.txt', 'Move')
  await expect(page).toHaveURL(/\/home\/daytona\/moved\.txt$/)
  await files.menu('Permissions…')
  await page.getByRole('checkbox', { name: 'Owner: Execute' }).check()
  await page.getByRole('button', { name: 'Set permissions' }).click()
  await expect(files.file).toContainText('-rwxr--r--')
  await files.item('moved.txt').dragTo(files.item('lib'))
  await expect(page).toHaveURL(/\/lib\/moved\.txt$/)
  expect(await execute(sandbox, 'cat lib/two.txt lib/moved.txt')).toBe('texttext')
  await files.menu('Rename…')
  const dialog = page.getByRole('dialog', { name: 'Rename' })
  await dialog.getByLabel('New name').fill('two.txt')
  await dialog.getByRole('button', { name: 'Rename' }).click()
  await expect(dialog).toContainText('already exists')
  await page.keyboard.press('Escape')
  await files.choose('lib')
  await files.menu('Delete…')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
  await expect(files.item('lib')).toHaveCount(0)
  expect(await execute(sandbox, 'ls -d lib || echo none')).toContain('none')
})

test('odd names are shown exactly and their files open, also after a reload', async ({ page, sandbox }) => {
  const long = 'ü'.repeat(127)
  const names = ['new\nline', 'a\u202Egpj.exe', '50% #?&+ "q" \\', ' space ', long]
  for (const [index, name] of names.entries()) {
    await sandbox.toolbox('POST', `/files/folder?${new URLSearchParams({ path: name })}`)
    await execute(sandbox, `printf ${index} > '${name.replaceAll("'", "'\\''")}/inside'`)
  }
  await execute(sandbox, "printf raw > $'bad\\xff'")
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open()
  await expect(files.tree).toContainText('new↵line')
  await expect(files.tree).toContainText('a<U+202E>gpj.exe')
  await expect(files.tree).toContainText('bad<FF>')
  for (const [index, name] of names.entries()) {
    await files.open(`${name}/inside`)
    await expect(files.editor).toHaveText(String(index))
  }
  await files.open('bad\uF7FF')
  await expect(files.editor).toHaveText('raw')
})

test('text is searched by name and by content', async ({ page, sandbox }) => {
  await execute(sandbox, 'mkdir -p a/b && echo needle > a/b/Hay.txt && printf "1\\nother\\n" > a/x.py')
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open()
  await expect(files.item('a')).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type('hay')
  await page.getByRole('link', { name: 'a/b/Hay.txt' }).click()
  await expect(files.editor).toContainText('needle')
  await page.getByLabel('Search in').selectOption('Contents')
  await page.getByLabel('Search files').fill('othe')
  await files.open()
  await page.getByLabel('Search in').selectOption('Contents')
  await page.getByLabel('Search files').fill('othe')
  await page.getByRole('link', { name: 'a/x.py 2 other' }).click()
  await expect(page).toHaveURL(/a\/x\.py\?line=2$/)
  await expect(files.file.locator('.cm-activeLine')).toHaveText('other')
})

test('a folder or file that vanishes while it is shown says so', async ({ page, sandbox }) => {
  await execute(sandbox, 'mkdir -p going/on && echo text > going/on/file.txt')
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open('going/on/file.txt')
  await expect(files.editor).toContainText('text')
  await execute(sandbox, 'rm -r going')
  await expect(files.file).toContainText('This file was deleted or renamed.')
  await expect(files.item('going')).toHaveCount(0)
  await files.write('kept')
  await files.file.getByRole('button', { name: 'Save it again' }).click()
  await expect(files.item('file.txt')).toBeVisible()
  expect(await execute(sandbox, 'cat going/on/file.txt')).toBe('kept')
  await files.choose('on')
  await expect(files.folder).toBeVisible()
  await execute(sandbox, 'rm -r going')
  await expect(files.file).toContainText('This path does not exist.')
})

test('Markdown, tables, images and large files are shown for what they are', async ({ page, sandbox }) => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  await execute(
    sandbox,
    `printf '# Title\\n<script>window.hacked=1</script><img src=x onerror=alert(1)>\\n[bad](javascript:alert(1))' > a.md;
     printf 'name,n\\n"x, y",1\\n' > t.csv; echo ${png} | base64 -d > i.png; yes line | head -c 3000000 > large.log`,
  )
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open('a.md')
  await expect(files.file.getByRole('heading', { name: 'Title' })).toBeVisible()
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
  await expect(files.file.locator('a[href^="javascript"]')).toHaveCount(0)
  await files.open('t.csv')
  await expect(files.file.getByRole('cell', { name: 'x, y' })).toBeVisible()
  await files.open('i.png')
  await expect(files.file.getByRole('img', { name: 'i.png' })).toBeVisible()
  await files.open('large.log')
  await expect(files.file).toContainText('This is the beginning of 3.0 MB.')
})

test('a folder of 5,000 entries renders only what is visible', async ({ page, sandbox }) => {
  await execute(sandbox, 'mkdir many && cd many && seq -f "file-%05g.txt" 5000 | xargs touch')
  const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
  await files.open('many')
  await expect(files.item('file-00001.txt')).toBeVisible()
  expect(await files.tree.getByRole('treeitem').count()).toBeLessThan(150)
  await files.tree.focus()
  await page.keyboard.press('End')
  await expect(files.item('file-05000.txt')).toBeVisible()
  await expect(files.item('file-05000.txt')).toHaveAttribute('aria-setsize', '5000')
})

for (const theme of ['dark', 'light'] as const) {
  for (const width of [1440, 390]) {
    test(`the page is accessible and does not scroll sideways, ${theme}, ${width} px wide`, async ({
      page,
      context,
      connection,
      sandbox,
    }) => {
      await context.addCookies([{ name: 'sandglass-theme', value: theme, url: connection.consoleUrl }])
      await page.setViewportSize({ width, height: 800 })
      await execute(sandbox, 'mkdir -p app/src && echo "print(1)" > app/src/main.py && ln -s app link')
      const files = new FilesPage(page, `/sandboxes/${sandbox.id}`)
      await files.open()
      await expect(files.item('app')).toBeVisible()
      const check = async () => {
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target}`))).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(
          0,
        )
      }
      await check()
      await writeFile(join(folder, 'up.txt'), 'up')
      await page.getByLabel('Files to upload').setInputFiles(join(folder, 'up.txt'))
      await expect(files.uploads).toContainText('1 of 1 stored')
      await files.open('app/src/main.py')
      await expect(files.editor).toContainText('print(1)')
      await check()
      if (width === 390) {
        await page.getByRole('radio', { name: 'Tree' }).click()
        await expect(files.item('main.py')).toBeVisible()
      }
    })
  }
}

test('transfers need a session, an own origin and a valid address', async ({ connection, sandbox }) => {
  const base = `${connection.consoleUrl}/api/targets/local/sandboxes/${sandbox.id}/files`
  const { origin } = new URL(connection.consoleUrl)
  const put = (headers: Record<string, string>, path = '/home/daytona/x') =>
    fetch(`${base}/upload?${new URLSearchParams({ path })}`, { method: 'PUT', body: 'x', headers })
  expect((await put({ origin })).status).toBe(401)
  expect((await put({})).status).toBe(403)
  expect((await put({ origin: 'http://evil.example' })).status).toBe(403)
  expect((await fetch(`${base}/download?path=/etc/passwd`)).status).toBe(401)
  expect((await fetch(`${base}/archive?path=/etc`)).status).toBe(401)
})
