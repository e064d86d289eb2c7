import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { OutsideText } from './outside-text'

const html = (text: string, lines = false) => renderToStaticMarkup(<OutsideText text={text} lines={lines} />)

describe('OutsideText', () => {
  it('isolates the writing direction and keeps the text', () => {
    expect(html('אבג build')).toBe('<bdi>אבג build</bdi>')
    expect(html('')).toBe('<bdi></bdi>')
  })

  it('marks each replacement and stores the original characters', () => {
    expect(html('a\u202eb').replaceAll(/ class="[^"]*"/g, '')).toBe(
      '<bdi>a<span data-hidden="202e*1">&lt;U+202E&gt;</span>b</bdi>',
    )
    expect(html('\u{E0041}\u{E0041}')).toContain('data-hidden="db40,dc41*2"')
    expect(html('a\nb', true)).toBe('<bdi>a\nb</bdi>')
  })

  it('limits the number of elements for a hostile text', () => {
    const markup = html('a\u202e'.repeat(10_000))
    expect(markup.match(/<span/g)?.length).toBeLessThan(100)
    expect(markup.match(/U\+202E/g)).toHaveLength(10_000)
  })
})
