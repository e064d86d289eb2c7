import type { Locator } from '@playwright/test'
import { expect } from '../support/fixtures'

/** A log pane as a person reads it: the rows of its terminal. */
export class Log {
  private readonly rows: Locator

  constructor(readonly pane: Locator) {
    this.rows = pane.getByRole('log').locator('.xterm-rows > div')
  }

  /** The visible rows, without padding and without the empty ones at the end. */
  async lines(): Promise<string[]> {
    const texts = await this.rows.allTextContents()
    const lines = texts.map((text) => text.replaceAll(' ', ' ').trimEnd())
    while (lines.at(-1) === '') lines.pop()
    return lines
  }

  /** Wait until the rows are exactly these. */
  async expectLines(lines: string[]): Promise<void> {
    await expect.poll(() => this.lines()).toEqual(lines)
  }

  /** Wait until some row contains this text. */
  async expectText(text: string): Promise<void> {
    await expect.poll(async () => (await this.lines()).join('\n')).toContain(text)
  }
}
