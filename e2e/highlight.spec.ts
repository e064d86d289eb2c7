/** Highlight rules: marks in the text, counts of the whole log, and the number in the title of a tab in the background. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { SessionsPage } from './pages/sessions-page'
import { expect, test } from './support/fixtures'

test('rules mark texts in every log, count their lines, and report matches in the background', async ({
  page,
  sandbox,
}) => {
  const sessions = new SessionsPage(page)
  await sessions.open(sandbox.id)
  await sessions.createSession('marks')
  await sessions.run('marks', 'printf "one ERROR here\\n全角 fatal 全角\\nno terror\\n"; cat')
  await sessions.log.expectText('no terror')
  await sessions.log.pane.getByRole('button', { name: 'Log options' }).click()
  await page.getByRole('menuitem', { name: 'Highlight rules…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Highlight rules' })
  await dialog.getByRole('button', { name: 'Add rule' }).click()
  await dialog.getByLabel('Text of rule 1').fill('error | fatal')
  await dialog.getByRole('button', { name: 'Whole words' }).click()
  await dialog.getByLabel('Colour of rule 1').selectOption('Red')
  await expect(dialog.getByText('2 lines')).toBeVisible()
  await dialog.getByRole('button', { name: /^Report matches/ }).click()
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))).toEqual([])
  await page.keyboard.press('Escape')

  const marks = sessions.log.pane.locator('.log-highlights > div')
  await expect(marks).toHaveCount(2)
  await expect(marks.first()).toHaveAttribute('data-color', 'red')
  // Over the text, also after wide characters.
  expect(await markedText(page)).toEqual(['ERROR', 'fatal'])

  // Stored for other logs and after a reload.
  await page.reload()
  await expect(marks).toHaveCount(2)

  await hide(page, true)
  await sandbox.toolbox('POST', `/process/session/marks/command/${commandId(page)}/input`, {
    data: 'all fine\n\u001b[31mfatal\u001b[0m again\n',
  })
  await expect(page).toHaveTitle(/^\(1\) /)
  await hide(page, false)
  await expect(page).not.toHaveTitle(/^\(/)
  await expect(marks).toHaveCount(3)
})

function commandId(page: Page): string {
  return new URL(page.url()).pathname.split('/').at(-1) ?? ''
}

/** What the page sees when its tab is left and returned to. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((isHidden) => {
    Object.defineProperty(document, 'visibilityState', { value: isHidden ? 'hidden' : 'visible', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
}

/** The text under each mark, by the positions of the characters on the screen. */
async function markedText(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const rows = Array.from(document.querySelectorAll('.xterm-rows > div'))
    return Array.from(document.querySelectorAll('.log-highlights > div'), (mark) => {
      const box = mark.getBoundingClientRect()
      const row = rows.find((one) => Math.abs(one.getBoundingClientRect().top - box.top) < 3)
      let text = ''
      const walker = document.createTreeWalker(row ?? document.body, NodeFilter.SHOW_TEXT)
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (let at = 0; at < (node.textContent ?? '').length; at += 1) {
          const range = document.createRange()
          range.setStart(node, at)
          range.setEnd(node, at + 1)
          const { left, width } = range.getBoundingClientRect()
          const middle = left + width / 2
          if (middle > box.left && middle < box.right) text += node.textContent?.[at] ?? ''
        }
      }
      return text
    })
  })
}
