import type { Page } from '@playwright/test'
import { expect } from './fixtures'

/**
 * Every text and every attribute for people that the page shows with something that cannot be seen, and the title of
 * the document. Line feeds count only where they would be drawn as a space.
 */
async function hiddenTexts(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const hidden = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u
    const found: string[] = []
    const say = (where: string, text: string) => found.push(`${where}: ${JSON.stringify(text.slice(0, 200))}`)
    if (hidden.test(document.title)) say('title of the document', document.title)
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement
      // Data of the page itself, styles, and the editor, which marks such characters in its own way.
      if (!element || element.closest('script, style, .cm-editor')) continue
      const name = element.tagName.toLowerCase()
      if (node instanceof Element) {
        for (const attribute of ['title', 'aria-label', 'aria-description', 'aria-valuetext', 'placeholder', 'alt']) {
          const text = node.getAttribute(attribute)
          if (text !== null && hidden.test(text)) say(`${attribute} of ${name}`, text)
        }
        continue
      }
      const text = node.nodeValue ?? ''
      const folds = !getComputedStyle(element).whiteSpace.startsWith('pre')
      if (hidden.test(text) || (folds && text.trim().includes('\n'))) say(`text of ${name}`, text)
    }
    return found
  })
}

export async function expectNothingHidden(page: Page): Promise<void> {
  expect(await hiddenTexts(page)).toEqual([])
}
