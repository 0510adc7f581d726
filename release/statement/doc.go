// Package statement writes and reads what a release says of its files, in the
// form of in-toto statements.
package statement
