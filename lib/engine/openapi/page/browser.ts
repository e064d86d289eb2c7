/** Script of the page: shows what the address names, and filters the list. */
const filter = document.querySelector<HTMLInputElement>('#filter')
const count = document.querySelector<HTMLElement>('#count')
const entries = [...document.querySelectorAll<HTMLElement>('nav li')]
const groups = [...document.querySelectorAll<HTMLElement>('[data-group]')]
const templates = [...document.querySelectorAll('template')]
const shown = document.querySelector<HTMLElement>('#shown')
const intro = document.querySelector<HTMLElement>('#intro')
const title = document.title
const operations = entries.filter((entry) => entry.dataset.operation !== undefined)

function linkOf(entry: HTMLElement): HTMLAnchorElement | null {
  return entry.querySelector('a')
}

/** Show the entries that contain every word of the filter. */
function apply(): void {
  const words = (filter?.value ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  for (const entry of entries) entry.hidden = !words.every((word) => entry.dataset.text?.includes(word))
  for (const group of groups) group.hidden = !group.querySelector('li:not([hidden])')
  const listed = operations.filter((entry) => !entry.hidden).length
  if (count)
    count.textContent = words.length === 0 ? `${listed} operations` : `${listed} of ${operations.length} operations`
}

function clear(): void {
  if (filter) filter.value = ''
  apply()
}

/** Show what the address names, or the start, and mark its entry. Returns the article. */
function show(): HTMLElement | null {
  const id = decodeURIComponent(location.hash.slice(1))
  const template = templates.find((it) => it.dataset.id === id)
  shown?.replaceChildren(...(template ? [template.content.cloneNode(true)] : []))
  const article = shown?.querySelector<HTMLElement>('article') ?? null
  if (intro) intro.hidden = article !== null
  const heading = article?.querySelector('h2')?.textContent
  document.title = heading ? `${heading} · ${title}` : title
  for (const link of entries.map(linkOf)) {
    if (!link) continue
    if (article && link.hash === location.hash) {
      link.setAttribute('aria-current', 'location')
      link.scrollIntoView({ block: 'nearest' })
    } else link.removeAttribute('aria-current')
  }
  article?.scrollIntoView()
  return article
}

/** Move the focus from the filter into the list, within it, and back. */
function move(by: 1 | -1): void {
  const links = entries.filter((entry) => !entry.hidden).map(linkOf)
  const next = links.indexOf(document.activeElement as HTMLAnchorElement) + by
  if (next < 0) filter?.focus()
  else links[next]?.focus()
}

document.addEventListener('keydown', (event) => {
  const inFilter = document.activeElement === filter
  const inList = document.activeElement?.closest('nav li') != null
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === '/' && !inFilter) filter?.focus()
  else if (event.key === 'Escape') clear()
  else if (event.key === 'ArrowDown' && (inFilter || inList)) move(1)
  else if (event.key === 'ArrowUp' && inList) move(-1)
  else if (event.key === 'Enter' && inFilter)
    entries
      .find((entry) => !entry.hidden)
      ?.querySelector('a')
      ?.click()
  else return
  event.preventDefault()
})
filter?.addEventListener('input', apply)
// Focus follows a link to its target.
window.addEventListener('hashchange', () => show()?.focus({ preventScroll: true }))
// Browsers restore the filter after a reload.
apply()
show()
