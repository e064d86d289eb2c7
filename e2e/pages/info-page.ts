import type { Locator, Page } from '@playwright/test'

/** Page object of the Info page: usage, settings and code of one sandbox. */
export class InfoPage {
  readonly pane: Locator
  readonly usage: Locator
  readonly labels: Locator
  readonly intervals: Locator
  readonly network: Locator
  readonly copies: Locator
  readonly connection: Locator

  constructor(
    readonly page: Page,
    private readonly base = '',
  ) {
    this.pane = page.getByRole('region', { name: 'Info', exact: true })
    const section = (name: string) => this.pane.getByRole('region', { name, exact: true })
    this.usage = this.pane.getByRole('list', { name: 'Usage' })
    this.labels = section('Labels')
    this.intervals = section('Intervals')
    this.network = section('Network')
    this.copies = section('Snapshots and forks')
    this.connection = section('Connection')
  }

  async open(sandboxId: string): Promise<void> {
    await this.page.goto(`${this.base}/sandboxes/${sandboxId}/info`)
    await this.labels.waitFor()
  }

  /** The entry of one resource, such as `Memory`. */
  resource(name: string): Locator {
    return this.usage.getByRole('listitem').filter({ has: this.page.getByText(name, { exact: true }) })
  }

  async setInterval(label: string, text: string): Promise<void> {
    const form = this.intervals.locator('form').filter({ has: this.page.getByLabel(label) })
    await form.getByLabel(label).fill(text)
    await form.getByRole('button', { name: 'Save' }).click()
    await form.getByText('Saved').waitFor()
  }
}
