import type { Page } from '@playwright/test'
import { Log } from './log'

/** Page object of the Sessions page: sessions, the commands of one session, the log of one command. */
export class SessionsPage {
  readonly log: Log

  constructor(readonly page: Page) {
    this.log = new Log(page.getByRole('region', { name: /^Log of / }))
  }

  async open(sandboxId: string): Promise<void> {
    await this.page.goto(`/sandboxes/${sandboxId}/sessions`)
    await this.page.getByRole('region', { name: 'Sessions' }).waitFor()
  }

  async openCommand(sandboxId: string, sessionId: string, commandId: string): Promise<void> {
    await this.page.goto(`/sandboxes/${sandboxId}/sessions/${sessionId}/${commandId}`)
    await this.log.pane.waitFor()
  }

  async createSession(id: string): Promise<void> {
    await this.page
      .getByRole('region', { name: 'Sessions' })
      .getByRole('button', { name: 'New session' })
      .first()
      .click()
    const dialog = this.page.getByRole('dialog', { name: 'New session' })
    await dialog.getByLabel('ID', { exact: true }).fill(id)
    await dialog.getByRole('button', { name: 'Create session' }).click()
    await this.page.waitForURL((url) => url.pathname.endsWith(`/sessions/${id}`))
  }

  commands(sessionId: string) {
    return this.page.getByRole('list', { name: `Commands in ${sessionId}` }).getByRole('listitem')
  }

  /** Runs a command in the open session and waits until its log is open. */
  async run(sessionId: string, command: string, { acceptsInput = true } = {}): Promise<void> {
    const form = this.page.getByRole('form', { name: `Run a command in ${sessionId}` })
    await form.getByRole('checkbox', { name: 'Accept input (stdin)' }).setChecked(acceptsInput)
    await form.getByRole('textbox', { name: 'Command' }).fill(command)
    const before = this.page.url()
    await form.getByRole('button', { name: /^(Run|Queue)/ }).click()
    await this.page.waitForURL((url) => /\/sessions\/[^/]+\/[0-9a-f-]{36}$/.test(url.pathname) && url.href !== before)
  }

  get input() {
    return this.page.getByRole('textbox', { name: 'Input for this command' })
  }

  /** The log's header: the command's text, its state, the log's controls. */
  get header() {
    return this.log.pane.locator('header')
  }
}
