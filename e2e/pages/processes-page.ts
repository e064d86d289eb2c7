import type { Locator, Page } from '@playwright/test'

/** Page object of the Processes page: the tree and the details of the selected process. */
export class ProcessesPage {
  readonly pane: Locator
  readonly tree: Locator
  readonly detail: Locator

  constructor(readonly page: Page) {
    this.pane = page.getByRole('region', { name: 'Processes', exact: true })
    this.tree = page.getByRole('treegrid', { name: 'Processes' })
    this.detail = page.getByRole('region', { name: /^Process \d+$/ })
  }

  async open(sandboxId: string): Promise<void> {
    await this.page.goto(`/sandboxes/${sandboxId}/processes`)
    await this.pane.waitFor()
  }

  /** The row of the process with this command line. */
  row(command: string): Locator {
    return this.tree.getByRole('row').filter({ has: this.page.getByText(command, { exact: true }) })
  }

  async choose(command: string): Promise<void> {
    await this.row(command).click()
    await this.detail.waitFor()
  }
}
