// Package browser has tests in a browser: of the console of bootzip serve, of the pages that
// commands write, and of the site. It is a module of its own, outside of the workspace.
package browser
