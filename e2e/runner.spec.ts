/** The runner: where a program failed, answers to its questions, samples, comparison of two runs. */
import { RunPage } from './pages/run-page'
import { expect, test } from './support/fixtures'

const failing = [
  ['Python', 'def f(n):\n    return 1 / n\n\nprint(f(1))\nf(0)\n', 'ZeroDivisionError: division by zero', 2, 5],
  ['JavaScript', 'function f() {\n  throw new Error("no luck")\n}\n\nf()\n', 'Error: no luck', 2, 5],
  ['TypeScript', 'const f = (n: number) => {\n  throw new Error("no " + n)\n}\n\n\nf(4)\n', 'Error: no 4', 2, 6],
] as const

for (const [language, code, message, line, caller] of failing) {
  test(`a failed ${language} run marks the line, and its traceback leads there`, async ({ page, sandbox }) => {
    const runner = new RunPage(page, sandbox.id)
    await runner.open()
    await runner.choose(language)
    await runner.write(code)
    await runner.start()
    await expect(runner.output).toContainText(message)
    const marked = page.locator('.cm-markedLine')
    await expect(marked).toHaveText(code.split('\n')[line - 1] ?? '')
    await expect(marked).toHaveAttribute('title', message)
    await runner.output.getByRole('button', { name: `line ${caller}`, exact: true }).click()
    await expect(runner.editor).toBeFocused()
    await expect(page.locator('.cm-activeLine')).toHaveText(code.split('\n')[caller - 1] ?? '')

    // The line in the output is a link too.
    const frame = language === 'Python' ? /main\.py", line 2/ : /at f \(.*main\.[jt]s:2/
    await runner.log
      .locator('.xterm-rows > div')
      .filter({ hasText: frame })
      .click({ position: { x: 80, y: 9 }, force: true })
    await expect(page.locator('.cm-activeLine')).toHaveText(code.split('\n')[line - 1] ?? '')

    // The mark moves with its line and ends with it.
    await page.keyboard.press('ControlOrMeta+Home')
    await page.keyboard.insertText('\n')
    await expect(marked).toHaveText(code.split('\n')[line - 1] ?? '')
    await runner.write('new code')
    await expect(marked).toHaveCount(0)
  })
}

test('a question of a program is answered, and its input can be closed', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.write('name = input("Name? ")\nprint("hello", name)\nimport sys\nprint(len(sys.stdin.read()))')
  await runner.start()
  const answer = page.getByRole('textbox', { name: 'Input for this run' })
  await expect(answer).toHaveAttribute('placeholder', /waiting for input/)
  await answer.fill('Ada')
  await answer.press('Enter')
  await expect(runner.log).toContainText('hello Ada')
  await answer.fill('abc')
  await answer.press('Alt+Enter')
  await runner.output.getByRole('button', { name: /end-of-file/ }).click()
  await expect(runner.output).toContainText('exit 0')
  await expect(runner.log).toContainText('3')

  await page.getByRole('checkbox', { name: 'Input' }).uncheck()
  await runner.start()
  await expect(runner.output).toContainText('EOFError')
})

test('two runs are compared: their code and what they printed', async ({ page, sandbox }) => {
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  await runner.write('print("same")\nprint("old line")\n')
  const first = await runner.start()
  await expect(runner.output).toContainText('exit 0')
  await runner.write('print("same")\nprint("new line")\n')
  const second = await runner.start()
  await expect(runner.output).toContainText('exit 0')
  await runner.output.getByRole('button', { name: 'Compare with another run' }).click()
  await expect(page).toHaveURL(new RegExp(`/run/${second}\\?with=${first}$`))
  const comparison = page.getByRole('region', { name: 'Comparison of two runs' })
  const sides = comparison.getByRole('textbox')
  await expect(sides).toHaveText([/print\("old line"\)/, /print\("new line"\)/])
  await comparison.getByRole('radio', { name: 'Output' }).click()
  await expect(sides).toHaveText([/^sameold line$/, /^samenew line$/])
  await page.reload()
  await expect(sides).toHaveCount(2)
  await comparison.getByRole('button', { name: 'Close the comparison' }).click()
  await expect(runner.log).toContainText('new line')
  await runner.history
    .getByRole('link')
    .nth(1)
    .click({ modifiers: ['Shift'] })
  await expect(comparison).toBeVisible()
})

test('a program of three megabytes runs, and the page stays usable', async ({ context, page, sandbox }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const runner = new RunPage(page, sandbox.id)
  await runner.open()
  const program = `x = 1\n${'# a comment that makes the program long\n'.repeat(75_000)}print("end", x)\n`
  await page.evaluate((text) => navigator.clipboard.writeText(text), program)
  await runner.editor.click()
  await page.keyboard.press('ControlOrMeta+v')
  await expect(runner.editor).toContainText('print("end", x)')
  await runner.start()
  await expect(runner.log).toContainText('end 1')
  await expect(runner.output).toContainText('exit 0')
  // Typing, and another run that is selected in the list, do not wait for the large text.
  await runner.editor.click()
  await page.keyboard.press('ControlOrMeta+Home')
  await page.keyboard.type('y = 2')
  await expect(runner.editor).toContainText('y = 2')
})

for (const [language, names] of [
  ['Python', 5],
  ['JavaScript', 5],
  ['TypeScript', 5],
  ['Shell', 5],
] as const) {
  test(`every ${language} sample runs`, async ({ page, sandbox }) => {
    test.slow()
    const runner = new RunPage(page, sandbox.id)
    await runner.open()
    await runner.choose(language)
    const menu = page.getByRole('menu', { name: 'Samples' })
    const choose = async (name: string) => {
      await page.getByRole('button', { name: 'Samples' }).click()
      await expect(menu.getByRole('menuitem')).toHaveCount(names)
      await menu.getByRole('menuitem', { name }).click()
      await runner.start()
    }
    await choose('Both streams, live')
    await expect(runner.log).toContainText('this line goes to stderr')
    await expect(runner.output).toContainText('exit 0')
    await choose('Arguments and environment')
    await expect(runner.log).toContainText('two words')
    await expect(runner.output).toContainText('exit 0')
    await choose('Questions and answers')
    const answer = page.getByRole('textbox', { name: 'Input for this run' })
    await answer.fill('Ada')
    await answer.press('Enter')
    await expect(runner.log).toContainText('Hello, Ada.')
    await answer.fill('12')
    await answer.press('Enter')
    await expect(runner.log).toContainText('12 squared is 144')
    await expect(runner.output).toContainText('exit 0')
    await choose('A failing program')
    await expect(runner.output).toContainText(language === 'Shell' ? 'exit 3' : 'exit 1')
    await choose('A chart')
    // The sandbox may not have matplotlib.
    if (language === 'Python') await expect(runner.output).toContainText(/Charts 1|No module named/)
    else await expect(runner.log).toContainText('Thu ███████████████████████ 23')
  })
}
