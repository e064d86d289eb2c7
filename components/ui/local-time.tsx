'use client'
import { useSyncExternalStore } from 'react'

const time = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
})
const minute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })

/** True in the browser after hydration; the server does not know the user's timezone. */
export function useInBrowser(): boolean {
  return useSyncExternalStore(
    () => () => undefined,
    () => true,
    () => false,
  )
}

/**
 * An ISO time in the user's timezone: `14:02:11`, with the date unless it is today. The title has the full date and time.
 * @param minutes leave out the seconds: `14:02`
 */
export function LocalTime({ iso, minutes = false, className }: { iso: string; minutes?: boolean; className?: string }) {
  const inBrowser = useInBrowser()
  const at = new Date(iso)
  if (!inBrowser || Number.isNaN(at.getTime())) return <time dateTime={iso} className={className} />
  const today = at.toDateString() === new Date().toDateString()
  const clock = (minutes ? minute : time).format(at)
  return (
    <time dateTime={iso} title={full.format(at)} className={className}>
      {today ? clock : `${date.format(at)} ${clock}`}
    </time>
  )
}
