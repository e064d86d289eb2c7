/** Cookie that stores whether the sidebar is collapsed; the server reads it for the first paint. */
export const navCookie = 'sandglass-nav'
