package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// invocation is one call of a cmdlet.
type invocation struct {
	*request
	name     string // as the request spells it
	cmdlet   *cmdlet
	raw      map[string]json.RawMessage
	given    map[string]any // checked values by the parameter's own name
	warnings []string
	selected []string
	after    string // the key of the last row of the page before
	repeat   bool   // a fault repeats a row
}

// common are the parameters that every cmdlet takes.
var common = []string{"Confirm?", "WhatIf?", "ErrorAction", "WarningAction", "InformationAction", "Verbose?", "Debug?"}

func (c *invocation) has(name string) bool    { _, ok := c.given[name]; return ok }
func (c *invocation) text(name string) string { v, _ := c.given[name].(string); return v }
func (c *invocation) truth(name string) bool  { v, _ := c.given[name].(bool); return v }
func (c *invocation) number(name string) int  { v, _ := c.given[name].(int); return v }
func (c *invocation) texts(name string) listChange {
	v, _ := c.given[name].(listChange)
	return v
}

func (c *invocation) warn(format string, args ...any) {
	c.warnings = append(c.warnings, fmt.Sprintf(format, args...))
}

// listChange is the value of a parameter with many values: the whole list, or what is added and removed.
type listChange struct {
	whole       []string
	replace     bool
	add, remove []string
}

// apply gives the list after the change; same says which values are the same.
func (l listChange) apply(before []string, same func(a, b string) bool) []string {
	out := slices.Clone(before)
	if l.replace {
		out = nil
	}
	out = slices.DeleteFunc(out, func(a string) bool {
		return slices.ContainsFunc(l.remove, func(b string) bool { return same(a, b) })
	})
	for _, a := range append(slices.Clone(l.whole), l.add...) {
		if !slices.ContainsFunc(out, func(b string) bool { return same(a, b) }) {
			out = append(out, a)
		}
	}
	return out
}

// invoke runs a cmdlet: the caller's role, the parameters, the work, and the answer with its warnings.
func (t *Tenant) invoke(c *invocation) (answer, error) {
	c.cmdlet = t.cmdlets[fold(c.name)]
	role := c.caller.exchangeRole()
	if c.cmdlet == nil || !role.may(c.cmdlet) {
		// Whether it does not exist or the role lacks it is not said.
		return answer{}, &exchangeError{status: http.StatusForbidden, code: "Forbidden", empty: true}
	}
	c.name = c.cmdlet.name
	if err := t.bindParameters(c, role); err != nil {
		return answer{}, err
	}
	if c.truth("WhatIf") {
		return t.rows(c, nil)
	}
	if !c.cmdlet.reads() {
		c.cost.writes = 1
	}
	rows, err := c.cmdlet.run(t, c)
	if err != nil {
		return answer{}, err
	}
	t.followEntra()
	return t.rows(c, rows)
}

func cmdletError(exception, id, format string, args ...any) *exchangeError {
	return &exchangeError{status: http.StatusBadRequest, code: "BadRequest", exception: exception, id: id, text: fmt.Sprintf(format, args...)}
}

// bindParameters checks every given parameter against the cmdlet's table.
func (t *Tenant) bindParameters(c *invocation, role exchangeRole) error {
	c.given = map[string]any{}
	names := make([]string, 0, len(c.raw))
	for n := range c.raw {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if strings.Contains(n, "@") { // X@odata.type
			continue
		}
		p, ok := c.cmdlet.parameter(n)
		if !ok || !role.mayGive(p.name) {
			return cmdletError("ParameterBindingException", "", "A parameter cannot be found that matches parameter name '%s'.", n)
		}
		if string(c.raw[n]) == "null" && p.kind != truthValue && p.kind != switchValue {
			c.given[p.name] = p.nothing()
			continue
		}
		v, err := p.bind(c.raw[n])
		if err != nil {
			return err
		}
		c.given[p.name] = v
	}
	return c.complete()
}

// complete checks that what is mandatory is given.
func (c *invocation) complete() error {
	var missing []string
	for _, p := range c.cmdlet.parameters {
		if p.mandatory && !c.has(p.name) {
			missing = append(missing, p.name)
		}
	}
	if len(missing) > 0 {
		return missingParameters(missing...)
	}
	return nil
}

func missingParameters(names ...string) *exchangeError {
	return cmdletError("ParameterBindingException", "", "Cannot process command because of one or more missing mandatory parameters: %s.", strings.Join(names, " "))
}

// valueKind is what a parameter takes.
type valueKind uint8

const (
	textValue   valueKind = iota
	truthValue            // ?
	switchValue           // !
	numberValue           // #
	listValue             // @ texts, or a hashtable with Add and Remove
	sizeValue             // % Unlimited or a size
	spanValue             // ~ Unlimited or days
	guidValue             // :
)

// parameter is one parameter of a cmdlet.
type parameter struct {
	name      string
	kind      valueKind
	mandatory bool
	limit     int
	values    []string
}

// nothing is the value of a parameter that is given as null: it clears.
func (p parameter) nothing() any {
	switch p.kind {
	case listValue:
		return listChange{replace: true}
	case guidValue:
		return zeroGUID
	}
	return ""
}

const zeroGUID = "00000000-0000-0000-0000-000000000000"

// bind checks a JSON value.
func (p parameter) bind(raw json.RawMessage) (any, error) {
	wrong := func() error {
		return cmdletError("ParameterBindingArgumentTransformationException", "", "Cannot process argument transformation on parameter '%s'. Cannot convert value \"%s\" to the type that it takes.",
			p.name, strings.Trim(string(raw), `"`))
	}
	switch p.kind {
	case truthValue, switchValue:
		if s := string(raw); s == "true" || s == "false" {
			return s == "true", nil
		}
		return nil, wrong()
	case numberValue:
		n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
		if err != nil {
			return nil, wrong()
		}
		return n, nil
	case listValue:
		l, ok := bindList(raw)
		if !ok {
			return nil, wrong()
		}
		return l, nil
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		if p.kind != sizeValue && p.kind != spanValue {
			return nil, wrong()
		}
		s = string(raw)
	}
	ok := true
	switch p.kind {
	case sizeValue:
		s, ok = canonicalSize(s)
	case spanValue:
		s, ok = canonicalSpan(s)
	case guidValue:
		s, ok = strings.ToLower(s), guidForm.MatchString(s)
	default:
		return p.bindText(s)
	}
	if !ok {
		return nil, wrong()
	}
	return s, nil
}

func (p parameter) bindText(s string) (any, error) {
	if len(p.values) > 0 {
		i := slices.IndexFunc(p.values, func(v string) bool { return strings.EqualFold(v, s) })
		if i < 0 {
			return nil, cmdletError("ParameterBindingArgumentTransformationException", "", "Cannot process argument transformation on parameter '%s'. Cannot convert value \"%s\" to the type that it takes. "+
				"Specify one of the following enumerator names and try again: %s.", p.name, s, strings.Join(p.values, ", "))
		}
		return p.values[i], nil
	}
	if n := len([]rune(s)); p.limit > 0 && n > p.limit {
		return nil, cmdletError("ParameterBindingException", "", "Cannot bind parameter '%s' to the target. Exception setting \"%s\": \"The length of the property is too long. "+
			"The maximum length is %d and the length of the value provided is %d.\"", p.name, p.name, p.limit, n)
	}
	return s, nil
}

// bindList reads a text, a list of texts, or {"@odata.type":"#Exchange.GenericHashTable","Add":…,"Remove":…}.
func bindList(raw json.RawMessage) (listChange, bool) {
	if list, ok := someTexts(raw); ok {
		return listChange{whole: list, replace: true}, true
	}
	var table map[string]json.RawMessage
	if json.Unmarshal(raw, &table) != nil || unquote(string(table["@odata.type"])) != "#Exchange.GenericHashTable" {
		return listChange{}, false
	}
	var l listChange
	for k, v := range table {
		list, ok := someTexts(v)
		switch {
		case strings.HasPrefix(k, "@"), strings.Contains(k, "@odata"):
		case !ok:
			return l, false
		case strings.EqualFold(k, "Add"):
			l.add = list
		case strings.EqualFold(k, "Remove"):
			l.remove = list
		default:
			return l, false
		}
	}
	return l, true
}

// someTexts reads a text or a list of texts; null is none.
func someTexts(raw json.RawMessage) ([]string, bool) {
	if string(raw) == "null" {
		return nil, true
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, true
	}
	var list []string
	return list, json.Unmarshal(raw, &list) == nil
}

// column is one property of a row.
type column struct {
	name  string
	value any // string, bool, int, []string, typed, or nil
}

// typed is a text with the type that its annotation names.
type typed struct{ text, kind string }

func guidText(s string) typed { return typed{cmp.Or(s, zeroGUID), "System.Guid"} }

func timeText(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return typed{at.UTC().Format("2006-01-02T15:04:05Z"), "System.DateTime"}
}

// line is one row of an answer; key orders and pages the rows.
type line struct {
	key     string
	columns []column
}

// defaultResultSize is how many rows come without ResultSize.
const defaultResultSize = 1000

// rows writes an answer: the rows from where the page before ended, the link to the next page, and the warnings.
func (t *Tenant) rows(c *invocation, list []line) (answer, error) {
	list = c.limited(list)
	if c.after != "" {
		i := slices.IndexFunc(list, func(l line) bool { return l.key > c.after })
		if i < 0 {
			i = len(list)
		}
		list = list[i:]
	}
	more := false
	if n := c.exchangePageSize(); len(list) > n {
		list, more = list[:n], true
	}
	if c.repeat && len(list) > 0 {
		list = append([]line{list[0]}, list...)
	}
	b := appendQuoted([]byte(`{"@odata.context":`), c.base+"/adminapi/beta/"+t.options.ID+"/$metadata#Collection(Exchange.GenericHashTable)")
	b = append(b, `,"adminapi.warnings@odata.type":"#Collection(String)","@adminapi.warnings":[`...)
	for i, w := range c.warnings {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, w)
	}
	b = append(b, ']')
	if more {
		b = appendQuoted(append(b, `,"@odata.nextLink":`...), c.nextPage(list[len(list)-1].key))
	}
	b = append(b, `,"value":[`...)
	for i, l := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendLine(b, l.columns, c.selected)
	}
	return answer{status: http.StatusOK, body: append(b, "]}"...)}, nil
}

// limited cuts the rows at ResultSize and says so.
func (c *invocation) limited(list []line) []line {
	if _, takes := c.cmdlet.parameter("ResultSize"); !takes {
		return list
	}
	size := c.text("ResultSize")
	switch {
	case size == "" && len(list) > defaultResultSize:
		c.warn("By default, only the first 1000 items are returned. Use the ResultSize parameter to specify the number of items returned. To return all items, specify \"-ResultSize Unlimited\". " +
			"Be aware that, depending on the actual number of items, returning all items can take a long time and consume a large amount of memory.")
		return list[:defaultResultSize]
	case size == "", strings.EqualFold(size, "Unlimited"):
		return list
	}
	n, err := strconv.Atoi(size)
	if err == nil && len(list) > n {
		c.warn("There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.")
		return list[:max(n, 0)]
	}
	return list
}

// nextPage gives the link to which the same body is posted again.
func (c *invocation) nextPage(key string) string {
	path, query, _ := strings.Cut(c.path, "?")
	var keep []string
	for p := range strings.SplitSeq(query, "&") {
		if p != "" && !strings.HasPrefix(p, "$skiptoken=") && !strings.HasPrefix(p, "%24skiptoken=") {
			keep = append(keep, p)
		}
	}
	keep = append(keep, "$skiptoken="+base64.RawURLEncoding.EncodeToString([]byte(key)))
	return c.base + path + "?" + strings.Join(keep, "&")
}

// appendLine writes a row with the annotations of its types.
func appendLine(b []byte, columns []column, selected []string) []byte {
	b = append(b, '{')
	for _, c := range columns {
		if selected != nil && !slices.ContainsFunc(selected, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), c.name) }) {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		switch v := c.value.(type) {
		case typed:
			b = appendQuoted(append(appendQuoted(b, c.name+"@data.type"), ':'), v.kind)
			b = appendQuoted(append(appendQuoted(append(b, ','), c.name), ':'), v.text)
		case []string:
			b = append(appendQuoted(b, c.name+"@odata.type"), `:"#Collection(String)",`...)
			b = append(appendQuoted(b, c.name), ':', '[')
			for i, s := range v {
				if i > 0 {
					b = append(b, ',')
				}
				b = appendQuoted(b, s)
			}
			b = append(b, ']')
		default:
			raw, err := json.Marshal(v)
			if err != nil { // only texts, truths, numbers and null come here
				panic(err)
			}
			b = append(append(appendQuoted(b, c.name), ':'), raw...)
		}
	}
	return append(b, '}')
}
