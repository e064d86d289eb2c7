import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test'

/** Page object of the ports on the Processes page, and of the preview beside them. */
export class PortsPane {
  readonly pane: Locator

  constructor(
    readonly page: Page,
    private readonly base = '',
  ) {
    this.pane = page.getByRole('region', { name: 'Ports', exact: true })
  }

  async open(sandboxId: string): Promise<void> {
    await this.page.goto(`${this.base}/sandboxes/${sandboxId}/processes`)
    await this.pane.waitFor()
  }

  row(port: number): Locator {
    return this.pane
      .getByRole('list', { name: 'Ports' })
      .locator('> li')
      .filter({ has: this.page.getByText(String(port), { exact: true }) })
  }

  async preview(port: number): Promise<FrameLocator> {
    await this.row(port).getByRole('button', { name: 'Preview' }).click()
    return this.page.getByRole('region', { name: `Preview of port ${port}` }).frameLocator('iframe')
  }

  /** Creates a link and returns its address. */
  async copyLink(port: number, duration: string): Promise<string> {
    await this.row(port).getByRole('button', { name: 'Copy link' }).click()
    await this.page.getByRole('menuitem', { name: duration }).click()
    await expect(this.row(port)).toContainText('Link copied.')
    return await this.page.evaluate(() => navigator.clipboard.readText())
  }
}
