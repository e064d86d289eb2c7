import type { Page } from '@playwright/test'
import { expect } from './fixtures'

/**
 * Every visible text, every attribute for people and the document title that contain invisible characters. Line feeds
 * count only where the browser would draw them as a space.
 */
async function hiddenTexts(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const hidden = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u
    const found: string[] = []
    const report = (where: string, text: string) => found.push(`${where}: ${JSON.stringify(text.slice(0, 200))}`)
    if (hidden.test(document.title)) report('title of the document', document.title)
    const checkAttributes = (element: Element) => {
      for (const attribute of ['title', 'aria-label', 'aria-description', 'aria-valuetext', 'placeholder', 'alt']) {
        const text = element.getAttribute(attribute)
        if (text !== null && hidden.test(text)) report(`${attribute} of ${element.localName}`, text)
      }
    }
    const checkText = (text: string, parent: Element) => {
      const collapses = !getComputedStyle(parent).whiteSpace.startsWith('pre')
      const isHidden = hidden.test(text) || (collapses && text.trim().includes('\n'))
      if (isHidden) report(`text of ${parent.localName}`, text)
    }
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement
      // Skips the page's own data, styles, and the editor, which marks such characters itself.
      if (!element || element.closest('script, style, .cm-editor')) continue
      if (node === element) checkAttributes(element)
      else checkText(node.nodeValue ?? '', element)
    }
    return found
  })
}

export async function expectNothingHidden(page: Page): Promise<void> {
  expect(await hiddenTexts(page)).toEqual([])
}
