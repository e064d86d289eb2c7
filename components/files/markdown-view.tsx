'use client'
import Markdown from 'react-markdown'
import rehypeSanitize from 'rehype-sanitize'
import remarkGfm from 'remark-gfm'
import './markdown.css'

/** Markdown without HTML, scripts and images of other hosts. Links open in a new tab. */
export default function MarkdownView({ text }: { text: string }) {
  return (
    <div
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard.
      tabIndex={0}
      role="document"
      aria-label="Preview"
      className="markdown focus-inset h-full overflow-auto bg-term px-5 py-4 text-body text-ink"
    >
      <Markdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={[rehypeSanitize]}
        components={{
          a: ({ href, children }) => (
            <a href={href} target="_blank" rel="noreferrer noopener" title={href}>
              {children}
            </a>
          ),
          img: ({ alt }) => <span className="text-ink-3">[image{alt ? `: ${alt}` : ''}]</span>,
        }}
      >
        {text}
      </Markdown>
    </div>
  )
}
