import type { Locator, Page } from '@playwright/test'
import { expect } from '../support/fixtures'

/** Page object of the Run page of a sandbox. */
export class RunPage {
  readonly editor: Locator
  readonly run: Locator
  readonly stop: Locator
  readonly log: Locator
  /** The pane with state and output of the run in the address. */
  readonly output: Locator
  readonly history: Locator

  constructor(
    readonly page: Page,
    readonly sandboxId: string,
  ) {
    this.editor = page.getByRole('region', { name: 'Editor' }).getByRole('textbox', { name: /code|command/ })
    this.run = page.getByRole('button', { name: 'Run', exact: true })
    this.output = page.getByRole('region', { name: 'Output' })
    this.stop = this.output.getByRole('button', { name: 'Stop' })
    this.log = this.output.getByRole('log')
    this.history = page.getByRole('region', { name: 'Runs' })
  }

  async open(runId?: string): Promise<void> {
    await this.page.goto(`/sandboxes/${this.sandboxId}/run${runId ? `/${runId}` : ''}`)
    await expect(this.editor).toBeVisible()
  }

  /** Replaces the editor's text. Inserted at once, so that the editor adds no brackets or indentation. */
  async write(text: string): Promise<void> {
    await this.editor.click()
    await this.page.keyboard.press('ControlOrMeta+a')
    await this.page.keyboard.press('Delete')
    await this.page.keyboard.insertText(text)
  }

  async choose(language: 'Python' | 'JavaScript' | 'TypeScript' | 'Shell'): Promise<void> {
    await this.page.getByLabel('Language').selectOption({ label: language })
  }

  /** Runs the editor's code, waits for the run's address, and returns its id. */
  async start(): Promise<string> {
    const before = this.page.url()
    await this.run.click()
    await expect(this.page).not.toHaveURL(before)
    const [, , , , id] = new URL(this.page.url()).pathname.split('/')
    if (!id) throw new Error(`no run in ${this.page.url()}`)
    return id
  }

  async setVariable(name: string, value: string): Promise<void> {
    await this.page.getByRole('button', { name: /^Environment/ }).click()
    const table = this.page.getByRole('dialog', { name: 'Environment' })
    await table.getByLabel('Name of variable 1').fill(name)
    await table.getByLabel('Value of variable 1').fill(value)
    await this.page.keyboard.press('Escape')
  }

  async setTimeout(seconds: string): Promise<void> {
    await this.page.getByLabel('Timeout', { exact: true }).selectOption('seconds')
    await this.page.getByLabel('Timeout in seconds').fill(seconds)
  }
}
