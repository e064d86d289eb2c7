import type { Page } from '@playwright/test'
import { Log } from './log'

/** The Run page: an editor, the output of one run, and the list of runs. */
export class RunPage {
  readonly output: Log

  constructor(readonly page: Page) {
    this.output = new Log(page.getByRole('region', { name: 'Output' }))
  }

  async open(sandboxId: string): Promise<void> {
    await this.page.goto(`/sandboxes/${sandboxId}/run`)
    await this.editor.waitFor()
  }

  get editor() {
    return this.page.getByRole('region', { name: 'Editor' }).getByRole('textbox', { name: /code|command/ })
  }

  get runButton() {
    return this.page.getByRole('button', { name: /^Run/ })
  }

  get rows() {
    return this.page.getByRole('region', { name: 'Runs' }).getByRole('listitem')
  }

  async write(code: string): Promise<void> {
    await this.editor.click()
    await this.page.keyboard.press('ControlOrMeta+A')
    // Inserted as one piece: typed key by key, the editor would indent by itself.
    await this.page.keyboard.insertText(code)
  }

  async choose(language: 'Python' | 'JavaScript' | 'TypeScript' | 'Shell'): Promise<void> {
    const select = this.page.getByRole('combobox', { name: 'Language' })
    await select.click()
    await this.page.getByRole('option', { name: language }).click()
  }

  /** Run what is in the editor by its shortcut and wait until the run has its own address. */
  async run(): Promise<void> {
    const before = this.page.url()
    await this.page.keyboard.press('ControlOrMeta+Enter')
    await this.page.waitForURL((url) => /\/run\/[0-9a-f-]{36}$/.test(url.pathname) && url.href !== before)
  }
}
