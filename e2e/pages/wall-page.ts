import type { Locator, Page } from '@playwright/test'

/** Page object of the live wall: its panes, the dialogs that fill it, and what it costs. */
export class WallPage {
  constructor(readonly page: Page) {}

  async open(query = ''): Promise<void> {
    await this.page.goto(`/wall${query}`)
    await this.page.getByRole('heading', { level: 1, name: 'Live wall' }).waitFor()
  }

  get panes(): Locator {
    return this.page.getByRole('article')
  }

  /** The pane of a session of a sandbox. */
  pane(sandbox: string, title: string): Locator {
    return this.page.getByRole('article', { name: `${sandbox} · ${title}` })
  }

  /** Adds panes by the picker, each found by what is typed. */
  async add(...searches: string[]): Promise<void> {
    await this.page.getByRole('button', { name: 'Add panes' }).first().click()
    const dialog = this.page.getByRole('dialog', { name: 'Add panes' })
    for (const search of searches) {
      await dialog.getByRole('combobox').fill(search)
      await dialog.getByRole('option').first().click()
    }
    await dialog.getByRole('button', { name: 'Done' }).click()
  }

  /** The number of streams that this tab receives, from the status bar. */
  async streams(): Promise<number> {
    const text = (await this.page.getByRole('contentinfo').textContent()) ?? ''
    return Number(/(\d+) streams?/.exec(text)?.[1] ?? 0)
  }
}
