import type { Locator, Page } from '@playwright/test'
import { expect } from '../support/fixtures'

/** Page object of the Interpreter page of a sandbox. */
export class InterpreterPage {
  readonly cells: Locator
  readonly context: Locator
  readonly interrupt: Locator
  readonly saved: Locator

  constructor(
    readonly page: Page,
    readonly sandboxId: string,
    private readonly prefix = '',
  ) {
    this.cells = page.getByRole('list', { name: 'Cells' }).getByRole('listitem')
    this.context = page.getByLabel('Context', { exact: true })
    this.interrupt = page.getByRole('button', { name: 'Interrupt', exact: true }).first()
    this.saved = page.getByRole('status').filter({ hasText: /^saved$/ })
  }

  async open(query = ''): Promise<void> {
    await this.page.goto(`${this.prefix}/sandboxes/${this.sandboxId}/interpreter${query}`)
    await expect(this.editor(1)).toBeVisible()
  }

  cell(number: number): Locator {
    return this.page.getByRole('listitem', { name: `Cell ${number}`, exact: true })
  }

  editor(number: number): Locator {
    return this.cell(number).getByRole('textbox', { name: /of cell/ })
  }

  output(number: number): Locator {
    return this.cell(number).getByRole('region', { name: `Output of cell ${number}` })
  }

  /** Replaces the code of a cell. Inserted at once, so that the editor adds no brackets or indentation. */
  async write(number: number, code: string): Promise<void> {
    await this.editor(number).click()
    await this.page.keyboard.press('ControlOrMeta+a')
    await this.page.keyboard.press('Delete')
    await this.page.keyboard.insertText(code)
  }

  /** Writes a cell and runs it in place. */
  async run(number: number, code: string): Promise<void> {
    await this.write(number, code)
    await this.page.keyboard.press('ControlOrMeta+Enter')
  }

  async menu(number: number, item: string): Promise<void> {
    await this.cell(number)
      .getByRole('button', { name: `More actions for cell ${number}` })
      .click()
    await this.page.getByRole('menuitem', { name: item }).click()
  }
}
