/** The resources of a sandbox are shown, and a run that exceeded them says so. */
import { RunPage } from './pages/run-page'
import { expect, test } from './support/fixtures'

test('the page of a sandbox shows its resources and how they are limited', async ({ page, sandbox }) => {
  await new RunPage(page, sandbox.id).open()
  const note = page.locator('[title]').filter({ hasText: /^4 GiB · 2 cores/ })
  await expect(note).toBeVisible()
  await expect(note).toHaveAttribute('title', /memory.*Disk space is not limited\./)
})

test('a run that exceeded the memory limit says so', async ({ page, makeSandbox, connection }) => {
  const { id } = await makeSandbox({ memory: 1 })
  const headers = { authorization: `Bearer ${connection.apiKey}` }
  const { isolation } = await (await fetch(`${connection.apiUrl}/sandbox/${id}`, { headers })).json()
  const runner = new RunPage(page, id)
  await runner.open()
  await expect(page.getByText(/^1 GiB · 2 cores/)).toBeVisible()
  await runner.write('all = []\nwhile True: all.append(bytearray(1 << 24))\n')
  await runner.start()
  if (isolation.limits.memory === 'sandbox') {
    await expect(runner.output).toContainText("ended by the sandbox's memory limit of 1 GiB: give the sandbox more")
    await expect(runner.output).toContainText('killed')
  } else {
    await expect(runner.log).toContainText('MemoryError')
  }
})
