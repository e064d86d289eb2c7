import type { Locator, Page } from '@playwright/test'

/** Page object of the home page: the list of sandboxes. */
export class SandboxesPage {
  readonly filter: Locator
  readonly createButton: Locator
  readonly table: Locator
  /** What can be done with the selected sandboxes. */
  readonly bulk: Locator

  constructor(readonly page: Page) {
    this.filter = page.getByRole('searchbox', { name: 'Filter sandboxes' })
    this.table = page.getByRole('table', { name: 'Sandboxes' })
    this.bulk = page.getByRole('region', { name: 'Selected sandboxes' })
    this.createButton = page.getByRole('button', { name: 'New', exact: true })
  }

  async open(): Promise<void> {
    await this.page.goto('/')
  }

  row(name: string): Locator {
    return this.page.getByRole('row').filter({ has: this.page.getByRole('link', { name, exact: true }) })
  }

  /** The names of the rendered rows, from the top. */
  async names(): Promise<string[]> {
    return await this.table.getByRole('row').locator('td:nth-child(2) a').allTextContents()
  }

  box(name: string): Locator {
    return this.row(name).getByRole('checkbox')
  }

  column(name: string): Locator {
    return this.table.getByRole('columnheader', { name, exact: true })
  }

  async act(name: string, item: 'Start' | 'Stop' | 'Archive…' | 'Network…' | 'Delete…'): Promise<void> {
    await this.page
      .getByRole('main')
      .getByRole('button', { name: `Actions for ${name}` })
      .click()
    await this.page.getByRole('menuitem', { name: item }).click()
  }
}
