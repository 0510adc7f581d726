// Package browser has tests that run in a browser: of the console of bootzip serve, of the
// pages that commands write, and of the site. It is a separate module, outside of the
// workspace.
package browser
