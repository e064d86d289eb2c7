/** Terminals under load: latency of typing, a flood that is interrupted, and output compared with xterm on its own. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { CDPSession, Page } from '@playwright/test'
import { spreadOf } from '../statistics'
import { atMost, callEngine, createSandbox, type WebBench, type WebResult } from './web-bench'

const keys = 120
const floodMs = 60_000
const outputBytes = 50_000_000
const colouredLine =
  '\x1b[32mok\x1b[0m \x1b[1;34mapp/page.tsx\x1b[0m compiled in \x1b[33m120 ms\x1b[0m and 42 modules\r\n'

export async function measureTerminal(bench: WebBench): Promise<WebResult[]> {
  const sandboxId = await createSandbox(bench)
  const toolbox = `${bench.connection.toolboxUrl}/${sandboxId}`
  for (const id of ['one', 'two']) {
    await callEngine(bench.connection, `${toolbox}/process/pty`, 'POST', { id, cols: 120, rows: 30 })
  }
  const context = await bench.browser.newContext({
    storageState: bench.session,
    viewport: { width: 1440, height: 900 },
  })
  try {
    const page = await context.newPage()
    const cdp = await context.newCDPSession(page)
    await page.goto(new URL(`/sandboxes/${sandboxId}/terminal/one/two`, bench.connection.consoleUrl).href)
    const rowsOf = (id: string) =>
      page.getByRole('region', { name: `Terminal ${id}`, exact: true }).locator('.xterm-rows')
    await rowsOf('one').filter({ hasText: '$' }).waitFor()
    await rowsOf('two').filter({ hasText: '$' }).waitFor()
    const quiet = spreadOf(await keyToGlyph(page, 'one'))
    await type(page, 'two', 'yes')
    await page.waitForTimeout(1_000)
    const busy = spreadOf(await keyToGlyph(page, 'one'))
    await focus(page, 'two')
    const flood = await interruptFlood(page, cdp, 'two')
    const live = await timeOutput(page, 'two', bench, toolbox)
    const alone = await timeXterm(bench)
    return [
      atMost('terminal: key to glyph, p50', quiet.p50, 20, 'ms', 1),
      atMost('terminal: key to glyph, p95', quiet.p95, 50, 'ms', 1),
      atMost('terminal: key to glyph beside `yes`, p95', busy.p95, 100, 'ms', 1),
      atMost('terminal: Ctrl-C to prompt after `yes` for 60 s', flood.promptMs, 500, 'ms'),
      atMost('terminal: longest task during `yes`', flood.longestTaskMs, 200, 'ms'),
      atMost('terminal: heap growth during `yes`', flood.heapGrowth / 1e6, 50, 'MB', 1),
      {
        what: 'terminal: 50 MB of coloured output',
        measured: `${(alone / live).toFixed(2)} × xterm alone`,
        target: '≥ 0.7 ×',
        reached: alone / live >= 0.7,
        figures: { liveMs: live, xtermMs: alone },
      },
    ]
  } finally {
    await context.close()
  }
}

async function focus(page: Page, id: string): Promise<void> {
  await page
    .getByRole('region', { name: `Terminal ${id}`, exact: true })
    .getByRole('textbox', { name: /^Terminal / })
    .focus()
}

async function type(page: Page, id: string, line: string): Promise<void> {
  await focus(page, id)
  await page.keyboard.type(line)
  await page.keyboard.press('Enter')
}

/** Times in ms from a key press to the change of the rendered rows. The line is deleted again. */
async function keyToGlyph(page: Page, id: string): Promise<number[]> {
  await focus(page, id)
  const rows = page.getByRole('region', { name: `Terminal ${id}`, exact: true }).locator('.xterm-rows')
  const samples: number[] = []
  for (let index = 0; index < keys; index += 1) {
    const sample = rows.evaluate(
      (element) =>
        new Promise<number>((resolve) => {
          let pressed = 0
          document.addEventListener('keydown', () => (pressed = performance.now()), { once: true, capture: true })
          const observer = new MutationObserver(() => {
            if (pressed === 0) return
            observer.disconnect()
            requestAnimationFrame(() => resolve(performance.now() - pressed))
          })
          observer.observe(element, { childList: true, subtree: true, characterData: true })
        }),
    )
    await page.waitForTimeout(20)
    await page.keyboard.press('x')
    samples.push(await sample)
  }
  await page.keyboard.press('Control+u')
  return samples
}

/** Lets a flood run, then interrupts it. */
async function interruptFlood(page: Page, cdp: CDPSession, id: string) {
  const heap = async () => {
    await cdp.send('HeapProfiler.collectGarbage')
    return (await cdp.send('Runtime.getHeapUsage')).usedSize
  }
  const before = await heap()
  await page.evaluate(() => {
    const tasks = { longest: 0 }
    Object.assign(window, { tasks })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.longest = Math.max(tasks.longest, duration)
    }).observe({ type: 'longtask' })
  })
  await page.waitForTimeout(floodMs)
  const longestTaskMs = await page.evaluate(() => (window as unknown as { tasks: { longest: number } }).tasks.longest)
  const rows = page.getByRole('region', { name: `Terminal ${id}`, exact: true }).locator('.xterm-rows')
  const started = performance.now()
  await page.keyboard.press('Control+c')
  await rows.filter({ hasText: '$' }).waitFor()
  const promptMs = performance.now() - started
  return { promptMs, longestTaskMs, heapGrowth: (await heap()) - before }
}

/** Time in ms in which the pane receives and parses the output. */
async function timeOutput(page: Page, id: string, bench: WebBench, toolbox: string): Promise<number> {
  const lines = Math.ceil(outputBytes / colouredLine.length)
  // The terminal adds the carriage returns.
  const line = JSON.stringify(colouredLine.replace('\r', ''))
  const command = `python3 -c 'import json; open("/tmp/coloured","w").write(json.loads(${JSON.stringify(line)})*${lines})'`
  await callEngine(bench.connection, `${toolbox}/process/execute`, 'POST', { command, timeout: 60 })
  const rows = page.getByRole('region', { name: `Terminal ${id}`, exact: true }).locator('.xterm-rows')
  const started = performance.now()
  await type(page, id, 'cat /tmp/coloured; echo all$((1+1))read')
  await rows.filter({ hasText: 'all2read' }).waitFor({ timeout: 120_000 })
  return performance.now() - started
}

/** Time in ms in which xterm parses and renders the same bytes from memory. */
async function timeXterm({ browser }: WebBench): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  try {
    const require = createRequire(import.meta.url)
    await page.evaluate(await readFile(require.resolve('@xterm/xterm'), 'utf8'))
    return await page.evaluate(
      async ([line, total]) => {
        type Xterm = { open(element: HTMLElement): void; write(text: string, done: () => void): void }
        const { Terminal } = window as unknown as { Terminal: new (options: object) => Xterm }
        const terminal = new Terminal({ cols: 120, rows: 30, scrollback: 5_000 })
        terminal.open(document.body)
        const chunk = line.repeat(Math.ceil(65_536 / line.length))
        const started = performance.now()
        for (let written = 0; written < total; written += chunk.length) {
          await new Promise<void>((resolve) => terminal.write(chunk, resolve))
        }
        return performance.now() - started
      },
      [colouredLine, outputBytes] as const,
    )
  } finally {
    await page.close()
  }
}
