/** Several logs as one list in the order of time. */
import { expect, test } from './support/fixtures'

test('lines of three writers in two sandboxes stand in the order of their own stamps', async ({
  page,
  makeSandbox,
}) => {
  const sandboxes = [await makeSandbox(), await makeSandbox()]
  const writers = await Promise.all(
    ['a', 'b', 'c'].map(async (session, index) => {
      const sandbox = sandboxes[index % 2]
      if (!sandbox) throw new Error('there are two sandboxes')
      await sandbox.toolbox('POST', '/process/session', { sessionId: session })
      const path = `/process/session/${session}`
      const command = 'while read number; do echo "$number $(date +%s%N)"; done'
      const { cmdId } = await sandbox.toolbox<{ cmdId: string }>('POST', `${path}/exec`, {
        command,
        runAsync: true,
        suppressInputEcho: true,
      })
      return {
        pane: `session/${sandbox.id}/${session}`,
        name: `${sandbox.name} · ${session}`,
        write: (text: string) => sandbox.toolbox('POST', `${path}/command/${cmdId}/input`, { data: `${text}\n` }),
      }
    }),
  )
  await page.goto(`/wall?${writers.map(({ pane }) => `pane=${pane}`).join('&')}`)
  await page.getByRole('link', { name: 'Merge by time' }).click()
  const list = page.getByRole('log', { name: 'Lines of all sources by time' })
  const texts = list.locator('.line-text')
  await expect(page.getByText('0 lines')).toBeVisible()

  // Each line is written when the one before it is on the page, so the stamps have one right order.
  const order = [0, 1, 2, 2, 1, 0, 0, 2, 1, 1, 0, 2]
  for (const [index, writer] of order.entries()) {
    await writers[writer]?.write(`line-${index}`)
    await expect(texts.filter({ hasText: new RegExp(`^line-${index} \\d`) })).toBeVisible()
  }
  const lines = async () => (await texts.allTextContents()).map((text) => text.split(' '))
  const expectOrder = async () => {
    await expect
      .poll(async () => (await lines()).map(([name]) => name))
      .toEqual(order.map((_, index) => `line-${index}`))
    const stamps = (await lines()).map(([, stamp = '']) => BigInt(stamp))
    expect(stamps).toEqual(stamps.toSorted((one, other) => (one < other ? -1 : 1)))
  }
  await expectOrder()
  await page.reload()
  await expectOrder()

  // Each source has a name and a switch.
  const [first] = writers
  await expect(list.locator('.line-source').first()).toHaveText(first?.name ?? '')
  await page.getByRole('button', { name: first?.name ?? '' }).click()
  await expect(texts).toHaveCount(order.filter((writer) => writer !== 0).length)
  await page.getByRole('button', { name: first?.name ?? '' }).click()
  await expectOrder()

  // The link to a line leads to it, with the lines of the others around it.
  await list.getByRole('link').nth(6).click()
  await expect(page).toHaveURL(/line=/)
  await expect(list.locator('[data-linked] .line-text')).toHaveText(/^line-6 /)
  await expectOrder()
  await page.getByRole('button', { name: 'Jump to end' }).click()
  await writers[1]?.write('after')
  await expect(texts.filter({ hasText: /^after \d/ })).toBeVisible()
})
