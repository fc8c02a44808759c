package config

import (
	"os"
	"strings"
	"time"

	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// suppressions reads which findings of validate are silenced: a list, or the path of a file that holds one.
func (p *parser) suppressions(v strictyaml.Value) {
	if !v.IsScalar() {
		p.suppressionList(v)
		return
	}
	path := p.path(v)
	if path == "" {
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		v.Problemf("%v", err)
		return
	}
	doc := strictyaml.Parse(path, b, maxFile)
	doc.Root().Fields(fields{
		"apiVersion":   func(x strictyaml.Value) { x.Enum("apiVersion", "coexist/v1") },
		"kind":         func(x strictyaml.Value) { x.Enum("kind", "Suppressions") },
		"suppressions": p.suppressionList,
	}, "apiVersion", "kind", "suppressions")
	p.named = append(p.named, doc.Problems()...)
}

func (p *parser) suppressionList(v strictyaml.Value) {
	v.Items(func(_ int, x strictyaml.Value) {
		var s validate.Suppression
		x.Fields(fields{
			"check":  func(y strictyaml.Value) { s.Check = check(y) },
			"object": func(y strictyaml.Value) { s.Object = y.Words() },
			"reason": func(y strictyaml.Value) { s.Reason = y.Words() },
			"owner":  func(y strictyaml.Value) { s.Owner = y.Words() },
			// The last day counts whole.
			"until": func(y strictyaml.Value) { s.Until = y.Date().Add(24 * time.Hour) },
		}, "check", "object", "reason", "owner", "until")
		p.c.Suppressions = append(p.c.Suppressions, s)
	})
}

// check reads the id of a check whose findings may be silenced.
func check(v strictyaml.Value) string {
	id := v.Words()
	if id == "" {
		return ""
	}
	if _, ok := validate.CheckNamed(id); !ok {
		var known []string
		for _, c := range validate.Checks() {
			known = append(known, c.ID)
		}
		v.Hintf(strictyaml.DidYouMean(id, known), "there is no check %q; coexist validate --list-checks lists them", id)
	}
	if strings.HasPrefix(id, "SUP-") {
		v.Problemf("that a suppression has expired cannot be suppressed; set a new date, or take it out")
	}
	return id
}
