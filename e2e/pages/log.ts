import type { Locator, Page } from '@playwright/test'
import { expect } from '../support/fixtures'

/** Page object of a log pane: the rows of its terminal, the gutter, and the menu. */
export class Log {
  private readonly page: Page
  private readonly rows: Locator
  /** The timestamps in the gutter, one element per row. */
  readonly times: Locator
  /** The numbers in the gutter, one for each line that starts on the screen. */
  readonly lineNumbers: Locator
  /** The button that pauses, or jumps to the end and shows how much is new. */
  readonly follow: Locator

  constructor(readonly pane: Locator) {
    this.page = pane.page()
    this.rows = pane.getByRole('log').locator('.xterm-rows > div')
    this.times = pane.locator('.log-gutter-row > span')
    this.lineNumbers = pane.locator('.log-gutter-number:not(:empty)')
    this.follow = pane.getByRole('button', { name: /following$|Jump to end$|new$|newer$/ })
  }

  /** The visible rows, without padding and without empty rows at the end. */
  async lines(): Promise<string[]> {
    const texts = await this.rows.allTextContents()
    const lines = texts.map((text) => text.replaceAll('\u00a0', ' ').trimEnd())
    while (lines.at(-1) === '') lines.pop()
    return lines
  }

  /** Waits until the rows are exactly these. */
  async expectLines(lines: string[]): Promise<void> {
    await expect.poll(() => this.lines()).toEqual(lines)
  }

  /** Waits until a row contains this text. */
  async expectText(text: string): Promise<void> {
    await expect.poll(async () => (await this.lines()).join('\n')).toContain(text)
  }

  /** The gutter cell of the first row with this text. */
  async gutterOf(text: string): Promise<Locator> {
    return this.pane.locator('.log-gutter-row').nth(await this.rowOf(text))
  }

  /** The time of the first row with this text. */
  async timeOf(text: string): Promise<Locator> {
    return (await this.gutterOf(text)).locator('> span')
  }

  async clickText(text: string): Promise<void> {
    await this.rows.nth(await this.rowOf(text)).click({ position: { x: 12, y: 9 }, force: true })
  }

  private async rowOf(text: string): Promise<number> {
    const row = (await this.lines()).findIndex((line) => line.includes(text))
    if (row === -1) throw new Error(`no row shows ${text}`)
    return row
  }

  async wheel(deltaY: number): Promise<void> {
    await this.pane.getByRole('log').hover()
    await this.page.mouse.wheel(0, deltaY)
  }

  /** Selects an entry of the log's menu. */
  async choose(entry: string): Promise<void> {
    const menu = await this.openMenu()
    await menu.getByText(entry, { exact: true }).click()
    // Checkbox entries leave the menu open.
    await this.page.keyboard.press('Escape')
    await expect(menu).toHaveCount(0)
  }

  /** The text of the loaded lines, through the clipboard. */
  async copyLoaded(): Promise<string> {
    const read = () => this.page.evaluate(() => navigator.clipboard.readText())
    await this.page.evaluate(() => navigator.clipboard.writeText('not copied yet'))
    await this.choose('Copy loaded lines')
    await expect.poll(read).not.toBe('not copied yet')
    return await read()
  }

  /** Downloads `Everything`, `stdout` or `stderr` and returns the path of the file. */
  async download(entry: string): Promise<string> {
    const menu = await this.openMenu()
    const [download] = await Promise.all([
      this.page.waitForEvent('download'),
      menu.getByRole('menuitem', { name: new RegExp(`^${entry}`) }).click(),
    ])
    return await download.path()
  }

  private async openMenu(): Promise<Locator> {
    await this.pane.getByRole('button', { name: 'Log options' }).click()
    return this.page.getByRole('menu')
  }
}
