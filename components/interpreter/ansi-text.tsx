import { ansiSpans } from '@/components/ui/ansi-spans'
import { OutsideText } from '@/components/ui/outside-text'

/** Output with its colours, and without any other escape sequence. */
export function AnsiText({ text }: { text: string }) {
  if (!text.includes('\x1b')) return <OutsideText text={text} lines />
  let at = 0
  return (
    <>
      {ansiSpans(text).map(({ text: part, css }) => {
        const key = at
        at += part.length
        const content = <OutsideText key={key} text={part} lines />
        return css === null ? (
          content
        ) : (
          <span key={key} style={css}>
            {content}
          </span>
        )
      })}
    </>
  )
}
