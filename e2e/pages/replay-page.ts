/** Page object of the Replay page. */
import { expect, type Locator, type Page } from '@playwright/test'

export class ReplayPage {
  constructor(readonly page: Page) {}

  get region(): Locator {
    return this.page.getByRole('region', { name: 'Replay', exact: true })
  }

  get screen(): Locator {
    return this.region.locator('.xterm-rows')
  }

  get position(): Locator {
    return this.region.getByRole('slider', { name: 'Position' })
  }

  /** Waits until the replay is open. */
  async ready(): Promise<void> {
    await expect(this.position).toBeVisible()
  }

  /** The rows on the screen without trailing spaces, up to the last one with text. */
  async rows(): Promise<string[]> {
    const rows = await this.screen.locator('> div').allInnerTexts()
    const trimmed = rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
    return trimmed.slice(0, trimmed.findLastIndex((row) => row !== '') + 1)
  }

  /** Opens a file of this computer. */
  async openFile(name: string, content: string): Promise<void> {
    const buffer = Buffer.from(content)
    await this.page
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name, mimeType: 'application/x-asciicast', buffer })
  }

  async export(format: string): Promise<string> {
    const download = this.page.waitForEvent('download')
    await this.region.getByRole('button', { name: 'Export' }).click()
    await this.page.getByRole('menuitem', { name: format, exact: true }).click()
    const stream = await (await download).createReadStream()
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString()
  }
}
