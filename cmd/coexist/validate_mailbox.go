package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/cmd/coexist/internal/selection"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/validate"
)

// attempts is how many of the object's latest changes go into a ticket.
const attempts = 20

// diagnose says where one object got stuck on its way to a mailbox; told is 1 when a rung is broken.
func (s *session) diagnose(ctx context.Context, a validation) (told int, err error) {
	list, err := s.sources()
	if err != nil {
		return 0, err
	}
	snap, err := s.read(ctx, inquiring(list), s.policies)
	if err != nil {
		return 0, err
	}
	i, err := selection.One(snap, a.objects[0])
	if errors.Is(err, selection.ErrNotFound) {
		err = s.whereabouts(ctx, list, a.objects[0], err)
	}
	if err != nil {
		return 0, notFound(err)
	}
	in, _, err := s.validated(ctx, a, snap)
	if err != nil {
		return 0, err
	}
	tried, err := s.history(ctx, snap.Anchor(i))
	if err != nil {
		return 0, err
	}
	l := validate.Diagnose(in, i, validate.Circumstances{Tenant: s.cfg.Tenant.ID, Outside: s.outside(snap, i), Tried: tried})
	if l.Headline >= 0 {
		told = 1
	}
	s.progress.clear()
	if a.form == "json" {
		return told, report.MailboxJSON(s.out, l, in.AsOf)
	}
	o := s.options()
	o.Full = a.full
	return told, report.Mailbox(s.out, l, in.AsOf, o)
}

// history gives the latest changes of an object that the journal knows, oldest first.
func (s *session) history(ctx context.Context, a directory.Anchor) ([]validate.Attempt, error) {
	runs, err := s.store.Runs(ctx, 0)
	if err != nil {
		return nil, err
	}
	var out []validate.Attempt
	for _, r := range runs {
		for e, err := range s.store.Entries(ctx, r.ID) {
			if err != nil {
				return nil, err
			}
			if e.Anchor == a {
				out = append(out, validate.Attempt{At: e.At, What: strings.TrimSpace(string(e.Action) + " in " + e.Directory.Title()), Action: e.Action, Done: e.State.Succeeded(), State: string(e.State),
					RequestID: e.RequestID, Detail: e.Detail})
			}
		}
	}
	slices.SortStableFunc(out, func(x, y validate.Attempt) int { return cmp.Or(x.At.Compare(y.At), strings.Compare(x.What, y.What)) })
	return out[max(0, len(out)-attempts):], nil
}
