import { expect, type Locator, type Page } from '@playwright/test'

/** Page object of the Files page: the tree, the open file, uploads. */
export class FilesPage {
  readonly tree: Locator
  readonly file: Locator
  readonly folder: Locator
  readonly uploads: Locator
  readonly editor: Locator
  readonly save: Locator

  constructor(
    readonly page: Page,
    readonly base: string,
  ) {
    this.tree = page.getByRole('tree')
    this.file = page.getByRole('region', { name: 'File', exact: true })
    this.folder = page.getByRole('region', { name: 'Folder', exact: true })
    this.uploads = page.getByRole('region', { name: 'Uploads' })
    this.editor = this.file.getByRole('textbox', { name: /^Contents of / })
    this.save = this.file.getByRole('button', { name: /^Save/ })
  }

  /** Opens the page at a path below the sandbox's home, or at the home itself. */
  async open(path = ''): Promise<void> {
    const rest = path === '' ? '' : `/home/daytona/${path.split('/').map(encodeURIComponent).join('/')}`
    await this.page.goto(`${this.base}/files${rest}`)
    await expect(this.tree.or(this.file).or(this.folder).first()).toBeVisible()
  }

  /** The row of a name; what a link points to does not count. */
  item(name: string): Locator {
    const exact = new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`)
    return this.tree.getByRole('treeitem').filter({ has: this.page.locator('[data-name]', { hasText: exact }) })
  }

  async choose(name: string): Promise<void> {
    await this.item(name).click()
  }

  /** Replaces the text of the open file. */
  async write(text: string): Promise<void> {
    await this.editor.click()
    await this.page.keyboard.press('ControlOrMeta+a')
    await this.page.keyboard.insertText(text)
  }

  /** Chooses from the menu of the open file or folder. The address changes before the page shows what it names. */
  async menu(item: string): Promise<void> {
    const [, path = ''] = new URL(this.page.url()).pathname.split('/files/')
    const name = decodeURIComponent(path.split('/').at(-1) ?? '')
    if (name !== '') await expect(this.file.or(this.folder).getByText(name, { exact: true }).first()).toBeVisible()
    await this.page.getByRole('button', { name: 'More actions' }).click()
    await this.page.getByRole('menuitem', { name: item }).click()
  }

  /** Answers the dialog that asks for a path. */
  async answer(label: string, value: string, confirm: string): Promise<void> {
    const dialog = this.page.getByRole('dialog')
    await dialog.getByLabel(label).fill(value)
    await dialog.getByRole('button', { name: confirm, exact: true }).click()
    await expect(dialog).toHaveCount(0)
  }

  upload(name: string): Locator {
    return this.uploads.getByRole('listitem').filter({ hasText: name })
  }
}
