/** The page's own script: the filter, its keys, and links to operations that the filter hides. */
const filter = document.querySelector<HTMLInputElement>('#filter')
const count = document.querySelector<HTMLElement>('#count')
const items = [...document.querySelectorAll<HTMLElement>('nav li')]
const groups = [...document.querySelectorAll<HTMLElement>('[data-group]')]

function linkOf(item: HTMLElement): HTMLAnchorElement | null {
  return item.querySelector('a')
}

function idOf(item: HTMLElement): string {
  return linkOf(item)?.hash.slice(1) ?? ''
}

/** Show what has every word of the filter. */
function apply(): void {
  const words = (filter?.value ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  let shown = 0
  for (const item of items) {
    const fits = words.every((word) => item.dataset.text?.includes(word))
    item.hidden = !fits
    const operation = document.getElementById(idOf(item))
    if (operation) operation.hidden = !fits
    if (fits) shown += 1
  }
  for (const group of groups) group.hidden = !group.querySelector('li:not([hidden]), article:not([hidden])')
  if (count) count.textContent = words.length === 0 ? `${shown} operations` : `${shown} of ${items.length} operations`
}

/** An address may name an operation that the filter hides. */
function followAddress(): void {
  const id = location.hash.slice(1)
  const target = id === '' ? null : document.getElementById(id)
  if (filter && target?.closest('[hidden]')) {
    filter.value = ''
    apply()
    target.scrollIntoView()
  }
  for (const item of items) {
    if (idOf(item) === id) linkOf(item)?.setAttribute('aria-current', 'location')
    else linkOf(item)?.removeAttribute('aria-current')
  }
}

/** Move the focus from the filter into the list, within it, and back. */
function move(by: 1 | -1): void {
  const links = items.filter((item) => !item.hidden).map(linkOf)
  const at = links.indexOf(document.activeElement as HTMLAnchorElement)
  const next = at + by
  if (next < 0) filter?.focus()
  else links[next]?.focus()
}

document.addEventListener('keydown', (event) => {
  const inFilter = document.activeElement === filter
  const inList = document.activeElement?.closest('nav li') != null
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === '/' && !inFilter) filter?.focus()
  else if (event.key === 'Escape' && inFilter && filter) {
    filter.value = ''
    apply()
  } else if (event.key === 'ArrowDown' && (inFilter || inList)) move(1)
  else if (event.key === 'ArrowUp' && inList) move(-1)
  else if (event.key === 'Enter' && inFilter)
    items
      .map(linkOf)
      .find((link) => !link?.closest('[hidden]'))
      ?.click()
  else return
  event.preventDefault()
})
filter?.addEventListener('input', apply)
window.addEventListener('hashchange', followAddress)
apply()
followAddress()
