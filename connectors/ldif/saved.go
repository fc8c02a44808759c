package ldif

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
)

// Saved reads a snapshot file. It implements connector.Importer.
type Saved struct {
	file string
	open func() (io.ReadCloser, error)
}

var _ connector.Importer = (*Saved)(nil)

// NewSaved makes a connector for the snapshot file at path.
func NewSaved(path string) *Saved {
	return &Saved{filepath.Base(path), func() (io.ReadCloser, error) { return os.Open(path) }}
}

// Import implements connector.Importer: it adds the objects and all sources that the file holds. An attribute that was not
// asked for when the snapshot was taken is an error, for its absence would read as empty.
func (s *Saved) Import(ctx context.Context, want connector.Want, b *snapshot.Builder) error {
	return classify("read "+s.file, s.read(ctx, want, b))
}

func (s *Saved) read(ctx context.Context, want connector.Want, b *snapshot.Builder) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file, err := s.open()
	if err != nil {
		return err
	}
	defer file.Close() // it was only read
	sources, err := b.Load(file)
	if err != nil {
		return err
	}
	for _, src := range sources {
		if missing := unread(src, want.Attributes); len(missing) > 0 {
			return fmt.Errorf("the snapshot of %s was taken without %s, which the policies read; take a new one", src.Name, strings.Join(missing, ", "))
		}
	}
	if len(sources) == 0 {
		return errors.New("the snapshot has no source")
	}
	want.Progress.Report(sources[0].Name, b.Len())
	return nil
}

// unread gives the wanted attributes that were not asked for when src was read.
func unread(src snapshot.Source, wanted []string) []string {
	have := make(map[string]bool, len(src.Attributes))
	for _, n := range src.Attributes {
		have[directory.Fold(n)] = true
	}
	var out []string
	for _, n := range wanted {
		if !have[directory.Fold(n)] {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}
