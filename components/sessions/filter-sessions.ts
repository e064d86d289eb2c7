import { sessionDisplay } from '@/components/ui/state-display'
import type { SessionSummary } from '@/lib/process-api/process'

/** Sessions whose name, or state in the words of the page, contains every word of the text; case does not matter. */
export function filterSessions<Session extends SessionSummary>(sessions: readonly Session[], text: string): Session[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return sessions.filter((session) => {
    const facts = [session.sessionId, sessionDisplay(session).word, session.state, session.system ? 'system' : '']
    const searched = facts.join(' ').toLowerCase()
    return words.every((word) => searched.includes(word))
  })
}
