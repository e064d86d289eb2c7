/** Page object of the Terminal page. */
import { expect, type Locator, type Page } from '@playwright/test'

export class TerminalPage {
  constructor(readonly page: Page) {}

  async open(sandboxId: string, ...panes: string[]): Promise<void> {
    await this.page.goto(`/${['sandboxes', sandboxId, 'terminal', ...panes].join('/')}`)
  }

  pane(id: string): TerminalPane {
    return new TerminalPane(this.page, this.page.getByRole('region', { name: `Terminal ${id}`, exact: true }))
  }

  get tabs(): Locator {
    return this.page.getByRole('list', { name: 'Terminals' }).getByRole('link')
  }

  /** Creates the first terminal of a sandbox, or another one, and waits until it is open. */
  async create(id: string): Promise<TerminalPane> {
    await this.page.getByRole('button', { name: 'New terminal' }).first().click()
    const pane = this.pane(id)
    await pane.ready()
    return pane
  }
}

export class TerminalPane {
  constructor(
    readonly page: Page,
    readonly region: Locator,
  ) {}

  /** Waits until the terminal is connected and shows a prompt. */
  async ready(): Promise<void> {
    await expect(this.region.locator('.xterm-rows')).toContainText('$')
  }

  get screen(): Locator {
    return this.region.locator('.xterm-rows')
  }

  get input(): Locator {
    return this.region.getByRole('textbox', { name: /^Terminal / })
  }

  /** The rows on the screen without trailing spaces. */
  async rows(): Promise<string[]> {
    const rows = await this.screen.locator('> div').allInnerTexts()
    return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
  }

  /** Types a line and presses Enter. */
  async run(line: string): Promise<void> {
    await this.input.focus()
    await this.page.keyboard.type(line)
    await this.page.keyboard.press('Enter')
  }

  /** Pastes as the browser would. */
  async paste(text: string): Promise<void> {
    await this.input.evaluate((element, content) => {
      const data = new DataTransfer()
      data.setData('text/plain', content)
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    }, text)
  }
}
