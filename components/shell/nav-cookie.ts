/** Keeps whether the navigation is narrow; the server reads it for the first paint. */
export const navCookie = 'sandglass-nav'
