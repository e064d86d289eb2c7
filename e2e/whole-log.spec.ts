/** A long log as a whole: line numbers, the strip, going to a place, and searching and filtering all of it. */
import { readFile } from 'node:fs/promises'
import AxeBuilder from '@axe-core/playwright'
import { SessionsPage } from './pages/sessions-page'
import { expect, test } from './support/fixtures'

/** About 12 MB in three bursts, with stderr between them. */
const command = [
  "seq -f '2026-12-01 INFO request %.0f done' 150000",
  'echo "ERROR needle-1 failed" >&2',
  'sleep 1',
  "seq -f '2026-12-01 INFO request %.0f done' 150001 300000",
  'echo "ERROR needle-2 failed" >&2',
  'sleep 1',
  'seq 20000',
  'read wait',
].join('\n')

test('a long log is numbered, opened anywhere, searched and filtered as a whole', async ({ page, sandbox }) => {
  await sandbox.toolbox('POST', '/process/session', { sessionId: 's' })
  const { cmdId } = await sandbox.toolbox<{ cmdId: string }>('POST', '/process/session/s/exec', {
    command,
    runAsync: true,
    suppressInputEcho: true,
  })
  const sessions = new SessionsPage(page)
  await sessions.openCommand(sandbox.id, 's', cmdId)
  const { log } = sessions
  await log.expectText('20000')
  await expect(log.lineNumbers.last()).toHaveText(/^\d+$/)

  await test.step('go to a line, a percentage and a line after the end', async () => {
    await page.keyboard.press('ControlOrMeta+g')
    const form = page.getByRole('form', { name: 'Go to a line' })
    const field = form.getByRole('textbox')
    await field.fill('123,456')
    await field.press('Enter')
    await expect(form.getByRole('status')).toHaveText('Line 123,456 of 320,002')
    await log.expectText('request 123456 done')
    await expect(log.lineNumbers.first()).toHaveText('123456')
    // A pane that becomes lower, or higher again, keeps its first line.
    const count = await log.lineNumbers.count()
    await page.setViewportSize({ width: 1440, height: 700 })
    await expect.poll(() => log.lineNumbers.count()).toBeLessThan(count)
    await expect(log.lineNumbers.first()).toHaveText('123456')
    await page.setViewportSize({ width: 1440, height: 900 })
    await expect(log.lineNumbers).toHaveCount(count)
    await expect(log.lineNumbers.first()).toHaveText('123456')
    await field.fill('999999999')
    await field.press('Enter')
    await expect(form.getByRole('status')).toHaveText('Line 320,002 of 320,002, the last one')
    await field.fill('50%')
    await field.press('Enter')
    await expect(form.getByRole('status')).toHaveText(/^Line 15\d,\d{3} of 320,002$/)
    await field.fill('12x')
    await field.press('Enter')
    await expect(form.getByRole('status')).toHaveText(/^Type a line number/)
    await field.press('Escape')
    await expect(form).toHaveCount(0)
  })

  await test.step('the strip moves by keys and by the mouse', async () => {
    const strip = page.getByRole('slider', { name: 'Position in the log' })
    await strip.focus()
    await strip.press('Home')
    await log.expectText('request 1 done')
    await expect(log.lineNumbers.first()).toHaveText('1')
    await expect(strip).toHaveAttribute('aria-valuetext', /^0% of 320,002 lines/)
    const box = await strip.boundingBox()
    if (!box) throw new Error('the strip has no size')
    await strip.click({ position: { x: box.width / 2, y: box.height - 1 } })
    await expect(strip).toHaveAttribute('aria-valuetext', /^(9\d|100)% of/)
  })

  await test.step('find counts all lines and moves by a regular expression across the whole log', async () => {
    await page.keyboard.press('ControlOrMeta+f')
    const find = page.getByRole('search', { name: 'Find in this log' })
    await find.getByRole('button', { name: 'Regular expression' }).click()
    await find.getByRole('searchbox').fill('needle-[0-9]')
    await expect(find).toContainText('2 lines match in')
    await find.getByRole('searchbox').press('Enter')
    await log.expectText('needle-1')
    await expect(find).toContainText('1 of 1')
    await find.getByRole('searchbox').press('Enter')
    await log.expectText('needle-2')
    await find.getByRole('searchbox').fill('(a+)+$')
    await expect(find).toContainText('0 lines match in')
    const results = await new AxeBuilder({ page }).include('search').analyze()
    expect(results.violations).toEqual([])
  })

  await test.step('only matching lines, with context and a download', async () => {
    const find = page.getByRole('search', { name: 'Find in this log' })
    await find.getByRole('searchbox').fill('needle-[0-9]')
    await find.getByRole('button', { name: 'Only matching lines' }).click()
    const list = page.getByRole('region', { name: 'Matching lines' })
    await expect(list.getByRole('button')).toHaveText(['150001ERROR needle-1 failed', '300002ERROR needle-2 failed'])
    await find.getByRole('combobox', { name: 'Context' }).selectOption('1')
    await expect(list.getByRole('button')).toHaveCount(6)
    await find.getByRole('combobox', { name: 'Context' }).selectOption('0')
    await find.getByRole('searchbox').fill('')
    await find.getByRole('combobox', { name: 'Level' }).selectOption('error')
    await expect(list.getByRole('button')).toHaveCount(2)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      find.getByRole('link', { name: 'Download these lines' }).click(),
    ])
    const file = await readFile(await download.path(), 'utf8')
    expect(file).toBe('ERROR needle-1 failed\nERROR needle-2 failed\n')
    const results = await new AxeBuilder({ page }).include('[role="log"]').analyze()
    expect(results.violations).toEqual([])
    await list.getByRole('button').last().click()
    await expect(list).toHaveCount(0)
    await log.expectText('needle-2')
  })
})
