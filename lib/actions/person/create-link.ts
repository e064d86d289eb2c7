'use server'

import { z } from 'zod'
import { people } from '@/lib/auth/people'
import { actionWith } from '../action-client'
import { accepted, linkHours, personId } from './person-fields'

/** A new sign-in link for a person; the one before ends. Returns the token. */
export const createLink = actionWith('people.createLink', z.object({ personId, hours: linkHours })).action(
  async ({ parsedInput, ctx }) =>
    accepted(people().createLink(parsedInput.personId, parsedInput.hours, ctx.caller.session.person?.id ?? '')),
)
