package build

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// rootsUser runs the commands in a container if the caller is root. Root inside
// would be root outside wherever only user ids count, and most ways out of a
// container need it. The number is in a range that systemd's registry of ids leaves
// unused (https://systemd.io/UIDS-GIDS/, "Summary"), so no user outside has it. It
// is always the same, so that the cache stays readable.
const rootsUser = 2000000000

// A containerUser runs the commands of a container.
type containerUser struct {
	options []string // of the client
	uid     int      // inside; -1: the engine decides
	owner   bool     // this user has to own the output directory during the run
}

// user chooses the user of the commands: another one if asked for, else the caller,
// provided that the caller can own the output at the end.
func (e *container) user(v Variations, host places) containerUser {
	if v.otherUser() {
		uid, gid := v.user()
		u := containerUser{uid: uid, options: asIDs(uid, gid)}
		if e.mapsUsers() {
			u.options = append(u.options, fmt.Sprintf("--userns=keep-id:uid=%d,gid=%d", uid, gid))
		}
		return u
	}
	if e.copies() {
		return containerUser{uid: copiesUser, options: []string{"--user", strconv.Itoa(copiesUser)}}
	}
	uid, gid := os.Getuid(), os.Getgid()
	switch {
	case uid < 0:
		return containerUser{uid: -1} // Windows: the engine's machine decides
	case e.client == "podman" && e.rootless:
		return containerUser{uid: uid, options: append([]string{"--userns=keep-id"}, asIDs(uid, gid)...)}
	case e.rootless:
		return containerUser{options: asIDs(0, 0)} // root inside is the caller outside
	case uid != 0:
		return containerUser{uid: uid, options: asIDs(uid, gid)}
	}
	reason := ""
	if name := closedToOthers(host); name != "" {
		reason = name + " is closed to other users"
	} else if err := os.Chown(host.out, rootsUser, rootsUser); err != nil {
		// Root of a user namespace has few users, and some file systems let nobody change owners.
		reason = fmt.Sprintf("the output cannot be given to another user: %v", err)
	}
	if reason != "" {
		e.config.tell(Event{Stage: "user", Text: "the build runs as root, without capabilities: " + reason})
		return containerUser{options: asIDs(0, 0)}
	}
	return containerUser{uid: rootsUser, options: asIDs(rootsUser, rootsUser), owner: true}
}

func asIDs(uid, gid int) []string { return []string{"--user", fmt.Sprintf("%d:%d", uid, gid)} }

// lend makes the user own the output directory during a run. After an interrupt,
// when the container may still be running, the owner stays: the caller is root,
// and can remove the directory.
func (u containerUser) lend(ctx context.Context, host places, run func() ([]outcome, error)) ([]outcome, error) {
	if !u.owner {
		return run()
	}
	if host.toolchain != "" {
		if err := openToAll(host.toolchain); err != nil {
			return nil, err
		}
	}
	if err := giveTo(u.uid, u.uid, host.out); err != nil {
		return nil, err
	}
	outcomes, err := run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if back := giveTo(os.Getuid(), os.Getgid(), host.out); err == nil {
		err = back
	}
	return outcomes, err
}

// closedToOthers returns a file or directory that is mounted in a container and
// that other users cannot read, "" if there is none. The directories above do not
// count: a mount bypasses them.
func closedToOthers(host places) string {
	if name := closedBelow(host.source); name != "" || host.modules == "" {
		return name
	}
	// The go command unpacks each module with one umask, into a directory of the
	// form "name@version", so it is enough to look at these.
	name := ""
	_ = filepath.WalkDir(host.modules, func(dir string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		if info, err := e.Info(); err == nil && info.Mode()&0o005 != 0o005 {
			name = dir
			return fs.SkipAll
		}
		if strings.Contains(e.Name(), "@") {
			return fs.SkipDir
		}
		return nil
	})
	return name
}

// closedBelow returns a file or directory of the project that other users cannot
// read, "" if there is none. Version control and our own output do not count.
func closedBelow(root string) (name string) {
	_ = filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if file != root && e != nil && e.IsDir() && noInput(file) {
			return fs.SkipDir
		}
		if err == nil && e.Type()&fs.ModeSymlink != 0 {
			return nil
		}
		if err == nil {
			var info fs.FileInfo
			need := fs.FileMode(0o004)
			if e.IsDir() {
				need = 0o005
			}
			if info, err = e.Info(); err == nil && info.Mode()&need == need {
				return nil
			}
		}
		name = file
		return fs.SkipAll
	})
	return name
}
