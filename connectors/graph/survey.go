package graph

import (
	"context"
	"errors"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/connector"
)

// Survey answers many questions in batches of twenty requests: an object by its id takes one, by its anchor two, among the
// live and among the deleted. Members, owners and photos are read singly. See connector.Surveyor.
func (c *Connector) Survey(ctx context.Context, questions []connector.Question) []connector.Answer {
	out := make([]connector.Answer, len(questions))
	list := make([]survey, len(questions))
	var items []item
	for i, q := range questions {
		list[i] = survey{at: len(items)}
		items = append(items, c.plan(q, &list[i])...)
	}
	results := c.batch(ctx, items)
	for i, q := range questions {
		out[i].Object, out[i].Err = c.read(ctx, q, &list[i], results)
	}
	return out
}

// survey is one question on its way.
type survey struct {
	at     int   // index of its first request
	err    error // it cannot be asked at all
	single bool  // it is asked by itself
	glance glance
	search search
}

// plan gives the requests of a question.
func (c *Connector) plan(q connector.Question, s *survey) []item {
	if q.ID != "" {
		if s.glance, s.err = c.glance(q.Type, q.ID, q.Properties); s.err != nil {
			return nil
		}
		if s.single = len(linkColumns(s.glance.group, false, s.glance.columns)) > 0 || has(s.glance.columns, cloud.Photo); s.single {
			return nil
		}
		return []item{{request: s.glance.request}}
	}
	s.search = search{Connector: c, op: "find " + string(q.Type) + " by anchor " + string(q.Anchor), group: q.Type.IsGroup(), anchor: q.Anchor}
	if q.Anchor == "" {
		s.err = s.search.empty()
		return nil
	}
	return []item{{request: s.search.request(false)}, {request: s.search.request(true)}}
}

// read makes the answer to a question of the results.
func (c *Connector) read(ctx context.Context, q connector.Question, s *survey, results []result) (cloud.Object, error) {
	switch {
	case s.err != nil:
		return cloud.Object{}, s.err
	case s.single:
		return c.Current(ctx, q.Type, q.ID, q.Properties)
	case q.ID != "":
		r := results[s.at]
		if r.err != nil {
			return cloud.Object{}, c.unseen(r.err, q.ID)
		}
		o, err := c.single(s.glance.request, r.answer, s.glance.group, s.glance.columns)
		if err != nil {
			return cloud.Object{}, err
		}
		return o, c.mark(ctx, &o)
	}
	for i, deleted := range []bool{false, true} {
		r := results[s.at+i]
		if r.err != nil {
			return cloud.Object{}, s.search.failed(r.err)
		}
		next, err := decodePage(r.body, func(row *row) error { s.search.take(row, deleted); return nil })
		if err == nil && next != "" {
			err = errors.New("one anchor has several pages of objects")
		}
		if err != nil {
			return cloud.Object{}, c.unreadable(s.search.request(deleted), r.answer, err)
		}
		if len(s.search.found) > 0 {
			break
		}
	}
	return s.search.verdict()
}
