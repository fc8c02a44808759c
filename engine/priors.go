package engine

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/rules"
)

// Priors is what earlier runs carried out, and what waits, of the objects of one snapshot. Objects of which the same is known
// share it, so that it takes a few bytes for each. It is safe for concurrent use.
type Priors struct {
	of   []int32 // by source index: position in sets
	sets []known
}

// known is what is known of one object.
type known struct {
	list   []rules.Prior
	stored []ledger.Decided // what of it is in the memory of decisions; the rest follows from the ledger
}

// Of gives what is known of the object at index i.
func (p *Priors) Of(i int) []rules.Prior {
	if p == nil {
		return nil
	}
	return p.sets[p.of[i]].list
}

// stored gives what the memory of decisions holds of a decision about the object at index i.
func (p *Priors) stored(i int, decision string) (ledger.Decided, bool) {
	for _, d := range p.sets[p.of[i]].stored {
		if d.Decision == decision {
			return d, true
		}
	}
	return ledger.Decided{}, false
}

// ReadPriors reads what is remembered of the objects of a snapshot. Of objects that coexist wrote to before anything was
// remembered of their decisions, what stands in the ledger counts.
func ReadPriors(ctx context.Context, st State, s *snapshot.Snapshot) (*Priors, error) {
	b := newPriorsBuilder(s)
	for m, err := range st.Memories(ctx) {
		if err != nil {
			return nil, err
		}
		b.memory(m)
	}
	for row, err := range st.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		if i, ok := s.ByAnchor(row.Anchor); ok {
			b.row(i, &row)
		}
	}
	return &b.priors, nil
}

// priorsBuilder gathers priors: memories first, then rows.
type priorsBuilder struct {
	priors   Priors
	snapshot *snapshot.Snapshot
	byText   map[string]int32
	scratch  []byte
	lost     []ledger.Memory // of objects that are not in the snapshot
}

func newPriorsBuilder(s *snapshot.Snapshot) *priorsBuilder {
	return &priorsBuilder{priors: Priors{of: make([]int32, s.Len()), sets: []known{{}}}, snapshot: s, byText: map[string]int32{}}
}

// memory takes over what is remembered of one object.
func (b *priorsBuilder) memory(m ledger.Memory) {
	i, ok := b.snapshot.ByAnchor(m.Anchor)
	if !ok {
		b.lost = append(b.lost, m)
		return
	}
	key := append(b.scratch[:0], "memory"...)
	for _, d := range m.Decided {
		key = appendTexts(key, d.Decision, d.Text)
		key = appendTexts(key, d.List...)
	}
	key = appendTexts(key, "")
	for _, p := range m.Pending {
		key = appendTexts(key, p.Decision, p.Text)
		key = p.Since.AppendFormat(key, time.RFC3339Nano)
	}
	b.scratch = key
	b.priors.of[i] = b.set(key, func() known { return remembered(m) })
}

// set gives the position of a set under a key, which make makes when it is new.
func (b *priorsBuilder) set(key []byte, make func() known) int32 {
	n, ok := b.byText[string(key)]
	if !ok {
		n = int32(len(b.priors.sets))
		b.byText[string(key)] = n
		b.priors.sets = append(b.priors.sets, make())
	}
	return n
}

func appendTexts(b []byte, list ...string) []byte {
	for _, s := range list {
		b = append(strconv.AppendInt(b, int64(len(s)), 10), ':')
		b = append(b, s...)
	}
	return b
}

// remembered gives a memory as policies read it.
func remembered(m ledger.Memory) (k known) {
	k.stored = m.Decided
	for _, d := range m.Decided {
		k.list = append(k.list, rules.Prior{Decision: d.Decision, Text: d.Text, List: d.List})
	}
	for _, p := range m.Pending {
		i := slices.IndexFunc(k.list, func(x rules.Prior) bool { return x.Decision == p.Decision })
		if i < 0 {
			i = len(k.list)
			k.list = append(k.list, rules.Prior{Decision: p.Decision})
		}
		k.list[i].Pending, k.list[i].Since = p.Text, p.Since
	}
	return k
}

// row adds what the ledger says of the object at index i.
func (b *priorsBuilder) row(i int, r *ledger.Row) {
	location, _ := r.LastWritten("usageLocation")
	key := strconv.AppendInt(append(b.scratch[:0], "row"...), int64(b.priors.of[i]), 10)
	key = appendTexts(key, string(r.Type), location.Text(), r.Leave)
	b.scratch = key
	was := b.priors.of[i]
	b.priors.of[i] = b.set(key, func() known {
		k := b.priors.sets[was]
		k.list = slices.Clone(k.list)
		for _, p := range []rules.Prior{{Decision: rules.CloudType, Text: string(r.Type)}, {Decision: rules.UsageLocation, Text: location.Text()},
			{Decision: rules.Leave, Text: r.Leave}} {
			at := slices.IndexFunc(k.list, func(x rules.Prior) bool { return x.Decision == p.Decision })
			switch {
			case p.Text == "":
			case at < 0:
				k.list = append(k.list, p)
			case k.list[at].Text == "":
				k.list[at].Text = p.Text
			}
		}
		return k
	})
}

// unread notes the attributes that could not be read, by the GUID of their object.
func unread(s *snapshot.Snapshot) map[directory.GUID][]string {
	out := map[directory.GUID][]string{}
	for _, src := range s.Sources() {
		for _, f := range src.Flaws {
			if !slices.ContainsFunc(out[f.GUID], func(n string) bool { return directory.EqualFold(n, f.Attribute) }) {
				out[f.GUID] = append(out[f.GUID], f.Attribute)
			}
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b string) int { return strings.Compare(directory.Fold(a), directory.Fold(b)) })
	}
	return out
}

// Kept gives the type that the object at index i keeps while its cloudType is held, "" when none was carried out.
func (p *Priors) Kept(i int) cloud.Type {
	for _, x := range p.Of(i) {
		if x.Decision == rules.CloudType && cloud.Type(x.Text) != cloud.None {
			return cloud.Type(x.Text)
		}
	}
	return ""
}
