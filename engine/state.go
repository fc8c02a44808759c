// Package engine is the one place that knows the order: import, evaluate, join, diff, plan. It reads sources and tenant
// through the interfaces of engine/connector, decides with package rules, and writes a plan; it never writes to a
// directory itself.
package engine

import (
	"context"
	"iter"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/task"
)

// State is what the engine remembers from one run to the next; engine/store keeps it.
type State interface {
	// Rows yields the ledger in anchor order.
	Rows(ctx context.Context) iter.Seq2[ledger.Row, error]
	// Memories yields what is remembered of the decisions about objects, in anchor order.
	Memories(ctx context.Context) iter.Seq2[ledger.Memory, error]
	// Scopes gives the GUID of each scope by the folded DN in the configuration.
	Scopes(ctx context.Context) (map[string]directory.GUID, error)
	// LastImport gives how many objects the last complete plan read from a source; ok is false before the first.
	LastImport(ctx context.Context, source string) (objects int, ok bool, err error)
	// Tasks yields the delayed tasks that have not ended, in any order.
	Tasks(ctx context.Context) iter.Seq2[task.Task, error]
	// Observe remembers what a complete plan saw, in one transaction. What one by policies that are not in force saw is put
	// aside until such a plan is accepted.
	Observe(ctx context.Context, o ledger.Observation) error
}
