package sandbox

import "strings"

// expandManager gives the writer of $expand=manager, nil without $expand.
func (t *Tenant) expandManager(r *request) (func([]byte, *object) []byte, error) {
	if len(r.query.expand) == 0 {
		return nil, nil
	}
	e := r.query.expand[0]
	if len(r.query.expand) > 1 || !strings.EqualFold(e.name, "manager") {
		return nil, notModelled("$expand of %s on users", e.name)
	}
	s, err := t.users.choose(e.selected, false)
	if err != nil {
		return nil, err
	}
	return func(b []byte, o *object) []byte {
		m, ok := t.index.byID[o.manager]
		if !ok || !m.live() {
			return b
		}
		b = append(b[:len(b)-1], `,"manager":`...) // in place of the closing brace
		return append(t.appendObject(b, m, s, true), '}')
	}, nil
}

func (t *Tenant) getManager(r *request) (answer, error) {
	o, err := t.user(r.args[0])
	if err != nil {
		return answer{}, err
	}
	m, ok := t.object(o.manager)
	if !ok {
		return answer{}, notFound("manager")
	}
	s, err := t.users.choose(r.query.selected, false)
	if err != nil {
		return answer{}, err
	}
	b := append(r.context("directoryObjects/$entity"), `,"@odata.type":"#microsoft.graph.user"`...)
	return answer{status: 200, body: t.closeObject(b, m, s)}, nil
}

func (t *Tenant) putManager(r *request) (answer, error) {
	o, err := t.user(r.args[0])
	if err != nil {
		return answer{}, err
	}
	m, err := t.reference(r)
	if err != nil {
		return answer{}, err
	}
	switch {
	case !m.isUser():
		return answer{}, badRequest("Invalid object type for the reference property 'manager'.")
	case m == o:
		return answer{}, badRequest("A user cannot be its own manager.")
	case o.synced():
		return answer{}, mastered()
	}
	t.note(o)
	o.manager = m.id
	return noContent(), nil
}

func (t *Tenant) deleteManager(r *request) (answer, error) {
	o, err := t.user(r.args[0])
	if err != nil {
		return answer{}, err
	}
	if o.synced() {
		return answer{}, mastered()
	}
	if m, ok := t.index.byID[o.manager]; !ok || !m.live() {
		return answer{}, notFound("manager")
	}
	t.note(o)
	o.manager = ""
	return noContent(), nil
}
