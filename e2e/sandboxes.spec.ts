/** The home page: the live list of sandboxes and the actions on them. */
import { SandboxesPage } from './pages/sandboxes-page'
import { expect, test } from './support/fixtures'

let count = 0
const uniqueName = () => {
  count += 1
  return `box-${process.pid}-${Date.now()}-${count}`
}

test('a sandbox is created with a name, a language and no network, and opens its Run page', async ({
  page,
  connection,
}) => {
  const home = new SandboxesPage(page)
  const name = uniqueName()
  await home.open()
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await page.keyboard.press('n')
  const dialog = page.getByRole('dialog', { name: 'New sandbox' })
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByLabel('Language').selectOption({ label: 'JavaScript' })
  await dialog.getByLabel('Network').selectOption({ label: 'None' })
  await expect(dialog.getByText('No network access. Host names do not resolve.')).toBeVisible()
  await dialog.getByRole('button', { name: 'Create' }).click()

  await expect(page).toHaveURL(/\/sandboxes\/[0-9a-f-]{36}\/run$/)
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
  await expect(page.getByLabel('Language')).toHaveValue('javascript')

  const sandboxId = new URL(page.url()).pathname.split('/')[2]
  await home.open()
  await expect(home.row(name)).toContainText('running')
  await expect(home.row(name)).toContainText('JavaScript')
  await expect(home.row(name)).toContainText('off')
  await fetch(`${connection.apiUrl}/sandbox/${sandboxId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${connection.apiKey}` },
  })
  await expect(home.row(name)).toHaveCount(0)
})

test('the network policy is selected on creation, shown, and changed while the sandbox runs', async ({
  page,
  connection,
}) => {
  const home = new SandboxesPage(page)
  const name = uniqueName()
  await home.open()
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await page.keyboard.press('n')
  const dialog = page.getByRole('dialog', { name: 'New sandbox' })
  await dialog.getByLabel('Name').fill(name)
  await expect(dialog.getByLabel('Network')).toHaveValue('internet')
  await expect(dialog.getByText('not this machine, its local networks or metadata services')).toBeVisible()
  await dialog.getByLabel('Network', { exact: true }).selectOption({ label: 'Listed networks' })
  await dialog.getByLabel('Allowed networks').fill('203.0.113.0/24, 10.1')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(dialog.getByText("networkAllowList: '10.1' has no prefix length")).toBeVisible()
  await dialog.getByLabel('Allowed networks').fill('203.0.113.0/24')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
  await expect(page.getByRole('banner')).toContainText('network: listed')
  await expect(page.getByRole('banner')).toContainText('Programs can reach only these networks: 203.0.113.0/24.')

  const sandboxId = new URL(page.url()).pathname.split('/')[2]
  const headers = { authorization: `Bearer ${connection.apiKey}` }
  const inForce = async () => {
    const { isolation } = await (await fetch(`${connection.apiUrl}/sandbox/${sandboxId}`, { headers })).json()
    return isolation.networkPolicy.kind
  }
  expect(await inForce()).toBe('allow-list')
  await home.open()
  await expect(home.row(name)).toContainText('listed')
  await home.act(name, 'Network…')
  const change = page.getByRole('dialog', { name: `Network of ${name}` })
  await expect(change).toContainText('Now: Programs can reach only these networks: 203.0.113.0/24.')
  await expect(change.getByLabel('Allowed networks')).toHaveValue('203.0.113.0/24')
  await change.getByLabel('Network', { exact: true }).selectOption({ label: 'None' })
  await change.getByRole('button', { name: 'Change network' }).click()
  await expect(change).toHaveCount(0)
  await expect(home.row(name)).toContainText('off')
  expect(await inForce()).toBe('none')
  await fetch(`${connection.apiUrl}/sandbox/${sandboxId}`, { method: 'DELETE', headers })
})

test('an invalid name is reported while it is typed', async ({ page, sandbox }) => {
  const home = new SandboxesPage(page)
  await home.open()
  await expect(home.row(sandbox.name)).toBeVisible()
  await home.createButton.click()
  const dialog = page.getByRole('dialog', { name: 'New sandbox' })
  await dialog.getByLabel('Name').fill('../up')
  await expect(dialog.getByText('start with a letter or a digit')).toBeVisible()
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(dialog).toBeVisible()
})

test('the list shows changes made elsewhere without a reload', async ({ page, sandbox, makeSandbox, connection }) => {
  const home = new SandboxesPage(page)
  await home.open()
  await expect(home.row(sandbox.name)).toContainText('running')
  await expect(page.getByRole('contentinfo')).toContainText('connected')

  const other = await makeSandbox({ name: uniqueName() })
  await expect(home.row(other.name)).toContainText('running')
  const remove = { method: 'DELETE', headers: { authorization: `Bearer ${connection.apiKey}` } }
  await fetch(`${connection.apiUrl}/sandbox/${other.id}`, remove)
  await expect(home.row(other.name)).toHaveCount(0)
})

test('a sandbox is stopped, archived, restored and, after its name is typed, deleted', async ({
  page,
  makeSandbox,
}) => {
  const { name } = await makeSandbox({ name: uniqueName() })
  const home = new SandboxesPage(page)
  await home.open()
  await home.act(name, 'Stop')
  await expect(home.row(name)).toContainText('stopped')
  await home.act(name, 'Archive…')
  const archive = page.getByRole('dialog', { name: `Archive ${name}?` })
  await archive.getByRole('button', { name: 'Archive sandbox' }).click()
  await expect(archive).toHaveCount(0)
  await expect(home.row(name)).toContainText('archived')
  await home.row(name).getByRole('link', { name }).click()
  await expect(page.getByText('This sandbox is archived. Starting it restores its files.')).toBeVisible()
  await page.goBack()
  await home.act(name, 'Start')
  await expect(home.row(name)).toContainText('running')

  await home.act(name, 'Delete…')
  const dialog = page.getByRole('dialog', { name: `Delete ${name}?` })
  const confirm = dialog.getByRole('button', { name: 'Delete sandbox' })
  await expect(confirm).toBeDisabled()
  await dialog.getByRole('textbox').fill(`${name}x`)
  await expect(confirm).toBeDisabled()
  await dialog.getByRole('textbox').fill(name)
  await confirm.click()
  await expect(home.row(name)).toHaveCount(0)
})

test('the filter is part of the address', async ({ page, makeSandbox }) => {
  const word = `word${Date.now()}`
  const one = await makeSandbox({ name: `${word}-one` })
  const two = await makeSandbox({ name: `${word}-two`, networkBlockAll: true })
  const home = new SandboxesPage(page)
  await home.open()
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await page.keyboard.press('/')
  await expect(home.filter).toBeFocused()
  await home.filter.fill(`${word} network:off`)
  await expect(home.row(two.name)).toBeVisible()
  await expect(home.row(one.name)).toHaveCount(0)
  // The address follows the field after a short delay.
  await expect(page).toHaveURL((url) => url.searchParams.get('q') === `${word} network:off`)
  await page.reload()
  await expect(home.filter).toHaveValue(`${word} network:off`)
  await expect(home.row(two.name)).toBeVisible()
  await expect(home.row(one.name)).toHaveCount(0)
})

test('the palette goes to a sandbox by its name', async ({ page, makeSandbox }) => {
  const { name, id } = await makeSandbox({ name: uniqueName() })
  await page.goto('/')
  await expect(page.getByRole('contentinfo')).toContainText('connected')
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByPlaceholder('Sandbox, page or action').fill(name)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/sandboxes/${id}/run$`))
})

test('a missing sandbox says so and links back', async ({ page }) => {
  await page.goto('/sandboxes/99999999-9999-4999-8999-999999999999/run')
  await expect(page.getByText('This sandbox does not exist.')).toBeVisible()
  await page.getByRole('link', { name: 'All sandboxes' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Sandboxes' })).toBeVisible()
})
