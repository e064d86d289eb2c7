/** Texts of which a client requests the beginning: code and commands can be up to 64 MiB long. */
import { z } from 'zod'

/** Query parameter: UTF-16 code units. */
export const textLimitSchema = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional()
export const textLimitNote =
  'Maximum length of the returned code or command, in UTF-16 code units. Without it, all is returned.'
