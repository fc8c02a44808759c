package engine

import (
	"context"
	"sync"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/rules"
)

// evaluate decides about every object and keeps what joining and references need.
func (p *planner) evaluate(ctx context.Context) error {
	n := p.in.Snapshot.Len()
	p.verdicts = make([]verdict, n)
	var wg sync.WaitGroup
	next := make(chan int)
	for range max(1, p.in.Workers) {
		wg.Go(func() {
			ev := p.decider.Evaluator()
			for from := range next {
				for i := from; i < min(from+chunk, n); i++ {
					out := ev.Evaluate(p.decider.Input(i))
					state := p.keeping(i).Identity(&out)
					_, known := p.remember[i]
					p.verdicts[i] = verdict{kind: state.Type, upn: state.UPN(), primary: desired.PrimaryAddress(p.in.Snapshot.At(i)), detail: p.detailed(&out, rules.Mail, cloud.Exchange), photo: p.detailed(&out, rules.Attributes, cloud.Entra), member: p.memberships(&out),
						lacks: len(diff.Missing(&state)) > 0 || !known && undecided(&out) || p.flawed(i)}
					if n, ok := state.Get("mailNickname"); ok && state.Type.Creator() == cloud.Exchange && p.connected(cloud.Exchange) {
						p.verdicts[i].alias = n.Value.Text()
					}
				}
			}
		})
	}
	var err error
	for from := 0; from < n && err == nil; from += chunk {
		select {
		case next <- from:
			p.in.Progress.Report("evaluate policies", from)
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	close(next)
	wg.Wait()
	p.wishes, p.addresses, p.aliases = map[string]int32{}, map[string]int32{}, map[string]int32{}
	wish := func(m map[string]int32, name string, i int) {
		if _, taken := m[name]; taken {
			m[name] = shared
			return
		}
		m[name] = int32(i)
	}
	for i := range p.verdicts {
		v := &p.verdicts[i]
		if v.wanted() && v.upn != "" {
			wish(p.wishes, directory.Fold(v.upn), i)
		}
		if v.wanted() && v.primary != "" && p.connected(cloud.Exchange) {
			wish(p.addresses, v.primary, i)
		}
		if v.alias != "" {
			wish(p.aliases, directory.Fold(v.alias), i)
		}
	}
	return err
}

// keeping gives the catalogue for the object at index i. One that coexist wrote to stays what it is while its type is held.
func (p *planner) keeping(i int) desired.Catalogue {
	c := p.catalogue
	if _, known := p.remember[i]; known {
		c.Kept = p.priors.Kept(i)
	}
	return c
}
