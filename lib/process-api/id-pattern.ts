/** Ids of sessions, terminals and of whatever a deployment names: safe unencoded in a URL, a path and a header. */
export const idPattern = /^(?!\.{1,2}$)[A-Za-z0-9._~:@+-]{1,128}$/

/** The number of an entry of the history. */
export const historyIdPattern = /^[1-9]\d{0,14}$/
