/**
 * Whether a name matches a pattern in which `*` stands for any text and `?` for one character; case does not matter.
 * Takes time proportional to both lengths, whatever the pattern.
 */
export function matchesName(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase()
  const text = name.toLowerCase()
  let at = 0
  let from = 0
  /** After the last `*`, and where its text ends so far. */
  let star = -1
  let starEnd = 0
  while (from < text.length) {
    if (wanted[at] === '*') {
      star = ++at
      starEnd = from
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === text[from])) {
      at += 1
      from += 1
    } else if (star !== -1) {
      at = star
      from = ++starEnd
    } else {
      return false
    }
  }
  while (wanted[at] === '*') at += 1
  return at === wanted.length
}
