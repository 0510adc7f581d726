//go:build !linux

// Package cgroup bounds what a tree of processes may use, on Linux.
package cgroup

// A Group bounds nothing on this system.
type Group struct{ Memory, Tasks bool }

// New makes a group that bounds nothing.
func New(int64, int) *Group { return &Group{} }

// Add does nothing.
func (*Group) Add(int) {}

// Close does nothing.
func (*Group) Close() {}

// Sweep does nothing.
func Sweep() {}

// OutOfMemory reports false.
func (g *Group) OutOfMemory() bool { return false }
