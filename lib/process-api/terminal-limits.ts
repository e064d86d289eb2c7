/** The largest width and height of a terminal, in cells. */
export const maxTerminalSide = 1000

/** No terminal can have this id, because it is a route. */
export const reservedPtyId = 'create-connect'
