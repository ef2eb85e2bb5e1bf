/** How long a browser session lasts, in hours, unless its credential ends before. */
export const BROWSER_SESSION_HOURS = 12
