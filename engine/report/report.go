// Package report turns plans, runs and explanations into what people and programs read: text for a terminal or a change
// ticket, and JSON. It decides nothing and reads no directory; what it shows stands in the plan or the journal. Only cmd
// imports it.
//
// Everything that came out of a directory is hostile: a display name may hold escape sequences, line breaks or marks that
// turn text around. The text form shows such characters as escapes and never sends them to the terminal.
package report

import (
	"iter"
	"time"

	"github.com/coexistsync/coexist/engine/plan"
)

// FormatVersion is the version of the JSON forms: readers ignore fields they do not know and refuse another major number.
const FormatVersion = "1.0"

// Planned is a plan as the renderers read it. Changes and Skips may be ranged over more than once.
type Planned interface {
	Manifest() plan.Manifest
	// Digest is what an override or an approval names: the digest of the plan file.
	Digest() string
	Changes() iter.Seq2[plan.Change, error]
	Skips() iter.Seq2[plan.Skip, error]
}

// Options say how a text is to look.
type Options struct {
	Width  int       // columns to fill, 100 when 0
	Colour bool      // the output is a terminal that wants colour
	Full   bool      // list every object instead of the first few of each group
	Brief  bool      // of a plan, show what it comes to, with examples; another report has the rest. Not with Full
	Path   string    // where the plan file lies, for the command that applies it
	Config string    // the configuration to name in that command, "" for the default
	Now    time.Time // when the report is made, to say that a plan has expired; zero for not at all
}

// names is how many objects of a group are listed unless all are asked for.
const names = 5

// What a brief report shows: so many groups of each action, and so many objects of a group.
const (
	briefGroups = 1
	briefNames  = 2
)

func (o Options) names() int {
	switch {
	case o.Full:
		return 1 << 30
	case o.Brief:
		return briefNames
	}
	return names
}

// shown is how many different values of one group are written.
func (o Options) shown() int {
	if o.Brief {
		return 1
	}
	return o.names()
}

// folds is how many different values of one group are kept apart. A plan may hold a million changes of one kind; what
// goes beyond is counted.
func (o Options) folds() int {
	if o.Full {
		return 1 << 30
	}
	return 500
}
