/** The first load of each page, with an empty cache: bytes of scripts until it is usable, LCP, CLS and blocking time. */
import type { Locator, Page } from '@playwright/test'
import budget from '../../scripts/checking/script-budget.json' with { type: 'json' }
import { atMost, callEngine, createSandbox, type WebBench, type WebResult } from './web-bench'

/** A phone is about four times slower than a desktop machine; Lighthouse uses the same factor. */
const slowdown = 4
/** Time after the page is usable during which blocking tasks still count. */
const settleMs = 3_000

interface MeasuredPage {
  name: keyof typeof budget
  path: string
  /** What a person waits for. */
  usable(page: Page): Locator
}

interface Vitals {
  lcp: number
  cls: number
  blocking: number
}

export async function measurePages(bench: WebBench): Promise<WebResult[]> {
  const sandboxId = await createSandbox(bench)
  const toolbox = `${bench.connection.toolboxUrl}/${sandboxId}`
  await callEngine(bench.connection, `${toolbox}/process/session`, 'POST', { sessionId: 'build' })
  const { cmdId } = await callEngine<{ cmdId: string }>(
    bench.connection,
    `${toolbox}/process/session/build/exec`,
    'POST',
    { command: 'for i in $(seq 2000); do echo "line $i"; done' },
  )
  await callEngine(bench.connection, `${toolbox}/process/pty`, 'POST', { id: 'shell' })
  const at = `/sandboxes/${sandboxId}`
  const pages: MeasuredPage[] = [
    {
      name: 'home',
      path: '/',
      usable: (page) => page.getByRole('table', { name: 'Sandboxes' }).getByRole('link').first(),
    },
    {
      name: 'sessions without a log',
      path: `${at}/sessions`,
      usable: (page) => page.getByRole('link', { name: /build/ }).first(),
    },
    { name: 'log pane', path: `${at}/sessions/build/${cmdId}`, usable: (page) => page.getByText('line 2000').first() },
    { name: 'run', path: `${at}/run`, usable: (page) => page.locator('.cm-content').first() },
    {
      name: 'terminal',
      path: `${at}/terminal/shell`,
      usable: (page) => page.locator('.xterm-rows', { hasText: '$' }).first(),
    },
    { name: 'interpreter', path: `${at}/interpreter`, usable: (page) => page.locator('.cm-content').first() },
    { name: 'files', path: `${at}/files`, usable: (page) => page.getByRole('treeitem').first() },
  ]
  const results: WebResult[] = []
  for (const page of pages) results.push(...(await measurePage(bench, page)))
  return results
}

async function measurePage(bench: WebBench, measured: MeasuredPage): Promise<WebResult[]> {
  const { bytes, twice } = await load(bench, measured, 1)
  const fast = (await load(bench, measured, 1)).vitals
  const slow = (await load(bench, measured, slowdown)).vitals
  const { name } = measured
  return [
    atMost(`${name}: scripts`, bytes / 1_000, budget[name].targetKb, 'kB'),
    atMost(`${name}: scripts loaded twice`, twice, 0, ''),
    atMost(`${name}: LCP`, fast.lcp, 1_000, 'ms'),
    atMost(`${name}: CLS`, Math.max(fast.cls, slow.cls), 0.02, '', 3),
    atMost(`${name}: blocking time, CPU ÷ ${slowdown}`, slow.blocking, 200, 'ms'),
  ]
}

/** Loads the page in a browser context of its own. */
async function load(bench: WebBench, { path, usable }: MeasuredPage, cpuRate: number) {
  const context = await bench.browser.newContext({
    storageState: bench.session,
    viewport: { width: 1440, height: 900 },
  })
  try {
    const page = await context.newPage()
    await page.addInitScript(observe)
    const cdp = await context.newCDPSession(page)
    await cdp.send('Network.enable')
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: cpuRate })
    const scripts = new Map<string, string>()
    const urls: string[] = []
    let bytes = 0
    cdp.on('Network.responseReceived', ({ requestId, type, response }) => {
      if (type !== 'Script') return
      scripts.set(requestId, response.url)
      urls.push(response.url)
    })
    cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (scripts.has(requestId)) bytes += encodedDataLength
    })
    await page.goto(new URL(path, bench.connection.consoleUrl).href)
    await usable(page).waitFor()
    const untilUsable = bytes
    await page.waitForTimeout(settleMs)
    const vitals = await page.evaluate(() => (window as unknown as { vitals: Vitals }).vitals)
    return { bytes: untilUsable, twice: urls.length - new Set(urls).size, vitals }
  } finally {
    await context.close()
  }
}

/** Runs in the page before its scripts. */
function observe(): void {
  const vitals: Vitals = { lcp: 0, cls: 0, blocking: 0 }
  Object.assign(window, { vitals })
  const watch = (type: string, use: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(use)).observe({ type, buffered: true })
  watch('largest-contentful-paint', (entry) => {
    vitals.lcp = entry.startTime
  })
  watch('layout-shift', (entry) => {
    const { hadRecentInput, value } = entry as PerformanceEntry & { hadRecentInput: boolean; value: number }
    if (!hadRecentInput) vitals.cls += value
  })
  // As Lighthouse: of each task, what exceeds 50 ms.
  watch('longtask', (entry) => {
    vitals.blocking += Math.max(0, entry.duration - 50)
  })
}
