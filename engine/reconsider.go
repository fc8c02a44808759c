package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/rules"
)

// inDoubt is the fingerprint of an object about which nothing can be said.
const inDoubt = "in doubt"

// Reconsider gives what apply asks before it writes: the fingerprint of a source object as it is in now, decided with the
// policies and the instant of the plan; "" for an object that is not there, or that the policies do not want any more.
// Where it cannot be told, because the object shares its anchor with another one, a decision fails, or an attribute could
// not be read, the answer is one that no plan holds, so that nothing is written.
// now must hold the attributes that the plan's snapshot held. The function is safe for concurrent use.
func Reconsider(now *snapshot.Snapshot, policies *rules.Set, asOf time.Time) (func(ctx context.Context, a directory.Anchor) (string, error), error) {
	d, err := NewDecider(now, policies, asOf)
	if err != nil {
		return nil, err
	}
	doubts := map[directory.Anchor]bool{}
	for _, d := range now.Duplicates() {
		doubts[d.Anchor] = true
	}
	for _, s := range now.Sources() {
		for _, f := range s.Flaws {
			if i, ok := now.ByGUID(f.GUID); ok {
				doubts[now.Anchor(i)] = true
			}
		}
	}
	var mu sync.Mutex
	ev := d.Evaluator()
	return func(_ context.Context, a directory.Anchor) (string, error) {
		if doubts[a] {
			return inDoubt, nil
		}
		i, ok := now.ByAnchor(a)
		if !ok {
			return "", nil
		}
		mu.Lock()
		defer mu.Unlock()
		out := ev.Evaluate(d.Input(i))
		unwanted := slices.ContainsFunc(out.Decisions, func(d rules.Decision) bool {
			return d.Name == rules.CloudType && d.Status == rules.Decided && cloud.Type(d.Text) == cloud.None
		})
		if out.ScopeErr != nil || out.Find(rules.CloudType).Status == rules.Held {
			return inDoubt, nil
		}
		if out.Policy == "" || unwanted {
			return "", nil
		}
		return fingerprint(now.At(i), &out), nil
	}, nil
}
