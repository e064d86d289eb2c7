'use client'
import { useEffect } from 'react'

/**
 * Makes copied text exact: replaces the shown code points of `OutsideText` by the original characters. Render it once
 * for the whole page.
 */
export function ExactCopy() {
  useEffect(() => {
    const onCopy = (event: ClipboardEvent) => {
      if (event.defaultPrevented || event.target instanceof HTMLInputElement) return
      if (event.target instanceof HTMLTextAreaElement) return
      const text = exactSelection(getSelection())
      if (text === null) return
      event.clipboardData?.setData('text/plain', text)
      event.preventDefault()
    }
    document.addEventListener('copy', onCopy)
    return () => document.removeEventListener('copy', onCopy)
  }, [])
  return null
}

/** The selected text with its original characters; null when the selection has no replacements. */
function exactSelection(selection: Selection | null): string | null {
  if (!selection || selection.isCollapsed) return null
  const notations = Array.from(document.querySelectorAll<HTMLElement>('[data-hidden]')).flatMap((element) => {
    const { firstChild } = element
    return firstChild instanceof Text && selection.containsNode(element, true) ? [{ element, node: firstChild }] : []
  })
  if (notations.length === 0) return null
  // Only the browser can turn a selection into text. Placeholders survive that, and are removed before the next frame.
  const texts = notations.map(({ node }) => node.data)
  notations.forEach(({ node }, index) => {
    node.data = `\uE000${index}\uE001`
  })
  const text = selection.toString()
  notations.forEach(({ node }, index) => {
    node.data = texts[index] ?? ''
  })
  return text.replace(/\uE000(\d+)\uE001/g, (whole, index) => {
    const hidden = notations[Number(index)]?.element.dataset.hidden
    return hidden === undefined ? whole : hiddenText(hidden)
  })
}

/** Decodes `202e*1` or `db40,dc41*3`: hexadecimal code units and a repeat count. */
function hiddenText(hidden: string): string {
  const [units = '', count = '1'] = hidden.split('*')
  return String.fromCharCode(...units.split(',').map((unit) => Number.parseInt(unit, 16))).repeat(Number(count))
}
