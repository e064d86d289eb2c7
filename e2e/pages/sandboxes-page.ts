import type { Locator, Page } from '@playwright/test'

/** Page object of the home page: the list of sandboxes. */
export class SandboxesPage {
  readonly filter: Locator
  readonly createButton: Locator

  constructor(readonly page: Page) {
    this.filter = page.getByRole('searchbox', { name: 'Filter sandboxes' })
    this.createButton = page.getByRole('button', { name: 'New', exact: true })
  }

  async open(): Promise<void> {
    await this.page.goto('/')
  }

  row(name: string): Locator {
    return this.page.getByRole('row').filter({ has: this.page.getByRole('link', { name, exact: true }) })
  }

  async act(name: string, item: 'Start' | 'Stop' | 'Network…' | 'Delete…'): Promise<void> {
    await this.page
      .getByRole('main')
      .getByRole('button', { name: `Actions of ${name}` })
      .click()
    await this.page.getByRole('menuitem', { name: item }).click()
  }
}
