package sandbox

import (
	"slices"
	"strings"
	"time"
)

// pick gives the rows of a Get- cmdlet: the one that Identity names, or all that the other parameters leave.
func (t *Tenant) pick(c *invocation, keep func(*recipient) bool, write func(*recipient) []column) ([]line, error) {
	if identity := c.text("Identity"); c.has("Identity") {
		r, err := t.find(identity, keep)
		if err != nil {
			return nil, err
		}
		return []line{{r.ID, write(r)}}, nil
	}
	return t.sift(c, t.exchange.all(), keep, write)
}

// sift gives the rows of a list that RecipientTypeDetails, Anr and Filter leave.
func (t *Tenant) sift(c *invocation, list []*recipient, keep func(*recipient) bool, write func(*recipient) []column) ([]line, error) {
	match, err := parseOPATH(c.text("Filter"))
	if err != nil {
		return nil, err
	}
	var out []line
	for _, r := range list {
		if r.pending() || !keep(r) || r.hidden != nil && r.lagging(t) || !c.wants("RecipientTypeDetails", r.Kind) || !c.wants("RecipientType", r.recipientType()) {
			continue
		}
		columns := write(r)
		if anr := fold(c.text("Anr")); anr != "" && !startsAny(columns, anr) || !match(columns) {
			continue
		}
		out = append(out, line{r.ID + r.GUID, columns})
	}
	return out, nil
}

func (c *invocation) wants(parameter, value string) bool {
	l := c.texts(parameter).whole
	return len(l) == 0 || slices.ContainsFunc(l, func(s string) bool {
		return slices.ContainsFunc(strings.Split(s, ","), func(k string) bool { return strings.EqualFold(strings.TrimSpace(k), value) })
	})
}

func startsAny(columns []column, prefix string) bool {
	for _, c := range columns {
		switch c.name {
		case "Name", "DisplayName", "Alias", "PrimarySmtpAddress":
			if s, ok := c.value.(string); ok && strings.HasPrefix(fold(s), prefix) {
				return true
			}
		}
	}
	return false
}

// parseOPATH reads the part of OPATH that is modelled: comparisons with -eq, -ne, -like, -gt, -ge, -lt and -le, joined by
// -and or by -or.
func parseOPATH(filter string) (func([]column) bool, error) {
	filter = strings.Trim(strings.TrimSpace(filter), "{}")
	if filter == "" {
		return func([]column) bool { return true }, nil
	}
	joint, any := " -and ", false
	if strings.Contains(fold(filter), " -or ") {
		joint, any = " -or ", true
		if strings.Contains(fold(filter), " -and ") {
			return nil, notModelled("a filter with -and and -or: %s", filter)
		}
	}
	var tests []func([]column) bool
	for _, part := range splitFold(filter, joint) {
		test, err := parseComparison(strings.Trim(strings.TrimSpace(part), "()"))
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	return func(row []column) bool {
		for _, test := range tests {
			if test(row) == any {
				return any
			}
		}
		return !any
	}, nil
}

func splitFold(s, sep string) []string {
	var out []string
	for {
		i := strings.Index(strings.ToLower(s), sep)
		if i < 0 {
			return append(out, s)
		}
		out, s = append(out, s[:i]), s[i+len(sep):]
	}
}

func parseComparison(s string) (func([]column) bool, error) {
	parts := strings.SplitN(strings.TrimSpace(s), " ", 3)
	if len(parts) != 3 {
		return nil, cmdletError("ParameterBindingArgumentTransformationException", "", "Cannot bind parameter 'Filter' to the target. Exception setting \"Filter\": \"Invalid filter syntax.\"")
	}
	want := strings.Trim(strings.TrimSpace(parts[2]), `'"`)
	op := strings.ToLower(parts[1])
	if !slices.Contains([]string{"-eq", "-ne", "-like", "-gt", "-ge", "-lt", "-le"}, op) {
		return nil, notModelled("the operator %s in a filter", op)
	}
	return func(row []column) bool {
		for _, c := range row {
			if strings.EqualFold(c.name, parts[0]) {
				return compare(op, c.value, want)
			}
		}
		return op == "-ne"
	}, nil
}

func compare(op string, value any, want string) bool {
	switch v := value.(type) {
	case []string:
		hit := slices.ContainsFunc(v, func(s string) bool { return like(s, want) })
		return hit != (op == "-ne")
	case bool:
		return (fold(strings.TrimPrefix(want, "$")) == map[bool]string{true: "true", false: "false"}[v]) != (op == "-ne")
	case typed:
		if v.kind == "System.DateTime" {
			a, err := time.Parse(time.RFC3339, v.text)
			b, err2 := time.Parse(time.RFC3339, want)
			return err == nil && err2 == nil && ordered(op, a.Compare(b))
		}
		return ordered(op, strings.Compare(fold(v.text), fold(want)))
	case string:
		if op == "-like" || op == "-eq" {
			return like(v, want)
		}
		return ordered(op, strings.Compare(fold(v), fold(want)))
	}
	return op == "-ne"
}

func ordered(op string, n int) bool {
	switch op {
	case "-eq", "-like":
		return n == 0
	case "-ne":
		return n != 0
	case "-gt":
		return n > 0
	case "-ge":
		return n >= 0
	case "-lt":
		return n < 0
	}
	return n <= 0
}

// like compares with * at the ends.
func like(s, pattern string) bool {
	s, pattern = fold(s), fold(pattern)
	core := strings.Trim(pattern, "*")
	head, tail := strings.HasPrefix(pattern, "*"), strings.HasSuffix(pattern, "*") && len(pattern) > 1
	switch {
	case head && tail:
		return strings.Contains(s, core)
	case head:
		return strings.HasSuffix(s, core)
	case tail:
		return strings.HasPrefix(s, core)
	}
	return s == core
}
