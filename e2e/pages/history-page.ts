import type { Locator, Page } from '@playwright/test'

/** Page object of the History page and of the History tab of a sandbox. */
export class HistoryPage {
  readonly pane: Locator
  readonly filter: Locator
  readonly rows: Locator
  readonly entry: Locator

  constructor(readonly page: Page) {
    this.pane = page.getByRole('region', { name: 'History', exact: true })
    this.filter = this.pane.getByRole('searchbox', { name: 'Filter the history' })
    this.rows = this.pane.getByRole('list', { name: 'Executions' }).getByRole('listitem')
    this.entry = page.getByRole('region', { name: 'Entry', exact: true })
  }

  /** Opens the history of all sandboxes, or of one, with a filter. */
  async open({ q = '', sandboxId }: { q?: string; sandboxId?: string } = {}): Promise<void> {
    const path = sandboxId === undefined ? '/history' : `/sandboxes/${sandboxId}/history`
    await this.page.goto(q === '' ? path : `${path}?${new URLSearchParams({ q })}`)
    await this.pane.waitFor()
  }

  /** The rows that contain this text. */
  row(text: string): Locator {
    return this.rows.filter({ hasText: text })
  }
}
