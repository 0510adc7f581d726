package sandbox

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// channelFile is the channel's descriptor in the sandbox's first process.
const channelFile = 3

// maxMessage bounds a message, in bytes: the output of a command, escaped.
const maxMessage = 16 << 20

// maxDescriptors is how many descriptors a message can carry: SCM_MAX_FD in
// unix(7).
const maxDescriptors = 253

// A channel carries JSON messages, with descriptors, between the caller and the
// first process of a sandbox. When it closes, the sandbox ends.
type channel struct {
	conn *net.UnixConn
	mu   sync.Mutex // one message at a time
}

// newChannel makes a channel. The file is for the child process; the caller
// closes it once the child runs.
func newChannel() (*channel, *os.File, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "channel"), os.NewFile(uintptr(pair[1]), "channel")
	c, err := openChannel(ours)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return c, theirs, nil
}

// openChannel makes a channel of the file, and closes the file.
func openChannel(f *os.File) (*channel, error) {
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("channel: %w", err)
	}
	return &channel{conn: conn.(*net.UnixConn)}, nil // newChannel makes only this kind
}

func (c *channel) close() { c.conn.Close() }

// send sends a message, and duplicates of the descriptors.
func (c *channel) send(message any, descriptors ...int) error {
	data, err := json.Marshal(message)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var rights []byte
	if len(descriptors) > 0 {
		rights = unix.UnixRights(descriptors...)
	}
	length := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	if _, _, err := c.conn.WriteMsgUnix(length, rights, nil); err != nil {
		return err
	}
	_, err = c.conn.Write(data)
	return err
}

// receive waits for a message. The caller closes the descriptors that come with it.
func (c *channel) receive(message any) (descriptors []int, err error) {
	length, rights := make([]byte, 4), make([]byte, unix.CmsgSpace(4*maxDescriptors))
	for have := 0; have < len(length); {
		n, oob, _, _, err := c.conn.ReadMsgUnix(length[have:], rights)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, net.ErrClosed
		}
		if oob > 0 {
			if descriptors, err = parseRights(rights[:oob]); err != nil {
				return nil, err
			}
		}
		have += n
	}
	size := binary.BigEndian.Uint32(length)
	if size > maxMessage {
		return nil, fmt.Errorf("channel: message of %d bytes", size)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(c.conn, data); err != nil {
		return nil, err
	}
	return descriptors, json.Unmarshal(data, message)
}

func parseRights(oob []byte) ([]int, error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	var all []int
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			return nil, err
		}
		all = append(all, fds...)
	}
	for _, fd := range all {
		unix.CloseOnExec(fd)
	}
	return all, nil
}
