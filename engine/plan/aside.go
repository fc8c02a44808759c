package plan

import (
	"bytes"
	"io"
	"sync"
)

// aside writes to another writer in a goroutine of its own, so that compressing one piece of a plan and drawing up the
// next go side by side. An error shows at the write after it, or at Close.
type aside struct {
	pieces chan []byte
	spare  chan []byte // pieces that can be used again
	done   chan struct{}
	once   sync.Once
	mu     sync.Mutex
	err    error
}

// piecesAhead bounds how many pieces wait to be written.
const piecesAhead = 8

func newAside(w io.Writer) *aside {
	a := &aside{pieces: make(chan []byte, piecesAhead), spare: make(chan []byte, piecesAhead), done: make(chan struct{})}
	go func() {
		defer close(a.done)
		for p := range a.pieces {
			if a.failed() == nil {
				if _, err := w.Write(p); err != nil {
					a.mu.Lock()
					a.err = err
					a.mu.Unlock()
				}
			}
			select {
			case a.spare <- p:
			default:
			}
		}
	}()
	return a
}

func (a *aside) failed() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// Write takes a copy of p.
func (a *aside) Write(p []byte) (int, error) {
	if err := a.failed(); err != nil {
		return 0, err
	}
	var own []byte
	select {
	case own = <-a.spare:
		own = append(own[:0], p...)
	default:
		own = bytes.Clone(p)
	}
	a.pieces <- own
	return len(p), nil
}

// Close waits until everything is written. It may be called again.
func (a *aside) Close() error {
	a.once.Do(func() { close(a.pieces) })
	<-a.done
	return a.failed()
}
