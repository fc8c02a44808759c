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
// Where it cannot be told, because the object shares its anchor with another one, its type cannot be decided, or an attribute
// could not be read that the engine itself needs, the answer is one that no plan holds, so that nothing is written.
// now must hold the attributes that the plan's snapshot held; priors are what is remembered of its objects before the run
// begins. The function is safe for concurrent use.
func Reconsider(now *snapshot.Snapshot, policies *rules.Set, priors *Priors, asOf time.Time) (func(ctx context.Context, a directory.Anchor) (string, error), error) {
	d, err := NewDecider(now, policies, asOf)
	if err != nil {
		return nil, err
	}
	d = d.Recall(priors)
	doubts := map[directory.Anchor]bool{}
	for _, d := range now.Duplicates() {
		doubts[d.Anchor] = true
	}
	for guid, names := range d.unread {
		if i, ok := now.ByGUID(guid); ok && slices.ContainsFunc(names, needed) {
			doubts[now.Anchor(i)] = true
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
		kind := out.Find(rules.CloudType)
		switch {
		case out.ScopeErr != nil || kind.Status == rules.Held && priors.Kept(i) == "":
			return inDoubt, nil
		case out.Policy == "" || kind.Status == rules.Decided && cloud.Type(kind.Text) == cloud.None:
			return "", nil
		}
		return fingerprint(now.At(i), &out), nil
	}, nil
}

// InDoubt reports whether a fingerprint that Reconsider's function gave is of an object about which nothing can be said.
func InDoubt(fingerprint string) bool { return fingerprint == inDoubt }
