package report

import (
	"encoding/json"
	"io"

	"github.com/coexistsync/coexist/rules/impact"
)

// The JSON form of an impact.
type (
	impactDocument struct {
		FormatVersion string     `json:"formatVersion"`
		Kind          string     `json:"kind"`
		Base          Revision   `json:"base"`
		Head          Revision   `json:"head"`
		Policies      string     `json:"policies"`
		Snapshot      string     `json:"snapshotTakenAt"`
		AsOf          string     `json:"asOf"`
		Objects       int        `json:"objects"`
		Changed       int        `json:"changed"`
		Held          int        `json:"becameHeld"`
		Groups        []groupRow `json:"groups"`
		Seats         []seatRow  `json:"seats"`
		Edits         []editRow  `json:"edits"`
	}
	stateRow struct {
		Status impact.Status `json:"status"`
		Value  string        `json:"value,omitempty"`
	}
	groupRow struct {
		Decision string   `json:"decision"`
		Key      string   `json:"key,omitempty"`
		From     stateRow `json:"from"`
		To       stateRow `json:"to"`
		Old      string   `json:"oldRule,omitempty"`
		New      string   `json:"newRule,omitempty"`
		// Same: the value stays, another rule gives it. Various: the values differ from object to object and are not listed.
		Same     bool    `json:"sameValue,omitempty"`
		Various  bool    `json:"variousValues,omitempty"`
		TakeAway bool    `json:"takesAway,omitempty"`
		Objects  int     `json:"objects"`
		Examples []Named `json:"examples"`
	}
	seatRow struct {
		SKU    string `json:"sku"`
		Bundle string `json:"bundle,omitempty"`
		Before int    `json:"before"`
		After  int    `json:"after"`
	}
	editRow struct {
		What     impact.What `json:"what"`
		Kind     impact.Kind `json:"kind"`
		Policy   string      `json:"policy,omitempty"`
		Decision string      `json:"decision,omitempty"`
		Table    string      `json:"table,omitempty"`
		Name     string      `json:"name"`
		Was      string      `json:"was,omitempty"`
		File     string      `json:"file"`
		Line     int         `json:"line"`
		Fields   []fieldRow  `json:"fields"`
		Changes  int         `json:"decisionChanges,omitempty"`
	}
	fieldRow struct {
		Name string `json:"name"`
		Old  string `json:"old,omitempty"`
		New  string `json:"new,omitempty"`
	}
)

const impactKind = "coexist.report.impact"

// ImpactJSON writes an impact as one JSON document of kind "coexist.report.impact".
func ImpactJSON(w io.Writer, x Impact) error {
	doc := impactDocument{FormatVersion: FormatVersion, Kind: impactKind, Base: x.Base, Head: x.Head, Policies: x.Policies, Snapshot: instantJSON(x.TakenAt), AsOf: instantJSON(x.AsOf),
		Objects: x.Objects, Changed: x.Changed, Held: x.Held, Groups: []groupRow{}, Seats: []seatRow{}, Edits: []editRow{}}
	for _, g := range x.Groups {
		row := groupRow{Decision: g.Decision, Key: g.Key, From: stateRow{g.From.Status, g.From.Value}, To: stateRow{g.To.Status, g.To.Value}, Old: g.Old, New: g.New,
			Same: g.Same, Various: g.Various, TakeAway: concern(g) == 0, Objects: g.Objects, Examples: []Named{}}
		for _, i := range g.Examples {
			row.Examples = append(row.Examples, x.Object(i))
		}
		doc.Groups = append(doc.Groups, row)
	}
	for _, s := range x.Seats {
		doc.Seats = append(doc.Seats, seatRow{s.SKU, s.Bundle, s.Before, s.After})
	}
	for _, e := range x.Edits {
		row := editRow{What: e.What, Kind: e.Kind, Policy: e.Policy, Decision: e.Decision, Name: e.Name, Was: e.Was, File: e.File, Line: e.Line, Changes: e.Changes, Fields: []fieldRow{}}
		if e.Kind == impact.Row {
			row.Decision, row.Table = "", e.Decision
		}
		for _, f := range e.Fields {
			row.Fields = append(row.Fields, fieldRow{f.Name, f.Old, f.New})
		}
		doc.Edits = append(doc.Edits, row)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}
