import type { Page, Route } from '@playwright/test'

export interface HeldActions {
  /** Lets the held calls through, and all later ones. */
  release: () => Promise<void>
  /** Fails the held calls as a lost network does; later ones go through. */
  abort: () => Promise<void>
}

/** Holds the server actions that a page calls from now on. */
export async function holdActions(page: Page): Promise<HeldActions> {
  const held: Route[] = []
  const hold = async (route: Route) => {
    if (route.request().method() === 'POST') held.push(route)
    else await route.continue()
  }
  await page.route('**/*', hold)
  const end = async (settle: (route: Route) => Promise<void>) => {
    // Before the handler is removed, which would continue what it still holds.
    await Promise.all(held.splice(0).map(settle))
    await page.unroute('**/*', hold)
  }
  return {
    release: () => end((route) => route.continue()),
    abort: () => end((route) => route.abort()),
  }
}
