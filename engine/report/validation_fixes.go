package report

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/coexistsync/coexist/engine/validate"
)

// FixesLDIF writes changes of the directory as LDIF (RFC 2849, changetype modify), for ldifde or ldapmodify: of each object
// the values that findings propose, or, with undo, the values that were there, last object first. Each old value is deleted
// by name and the new one added in the same request, so that an object which was changed meanwhile is refused instead of
// overwritten. Texts that LDIF cannot hold as they are stand in base64.
func FixesLDIF(w io.Writer, list []validate.Mend, undo bool) error {
	buf := bufio.NewWriter(w)
	buf.WriteString("version: 1\n")
	objects := byObject(list)
	for n := range objects {
		own := objects[n]
		if undo {
			own = objects[len(objects)-1-n]
		}
		fmt.Fprintf(buf, "\n# %s\n", comment(own))
		ldifLine(buf, "dn", own[0].Object.DN)
		buf.WriteString("changetype: modify\n")
		for _, m := range own {
			before, after := m.Before, m.After
			if undo {
				before, after = after, before
			}
			if before != "" {
				fmt.Fprintf(buf, "delete: %s\n", m.Attribute)
				ldifLine(buf, m.Attribute, before)
				buf.WriteString("-\n")
			}
			if after != "" {
				fmt.Fprintf(buf, "add: %s\n", m.Attribute)
				ldifLine(buf, m.Attribute, after)
				buf.WriteString("-\n")
			}
		}
	}
	return buf.Flush()
}

// byObject splits mends, which come by object.
func byObject(list []validate.Mend) [][]validate.Mend {
	var out [][]validate.Mend
	for _, m := range list {
		if n := len(out) - 1; n >= 0 && out[n][0].Object.DN == m.Object.DN {
			out[n] = append(out[n], m)
			continue
		}
		out = append(out, []validate.Mend{m})
	}
	return out
}

// comment names the object and its checks. A comment must not break the line that it stands in.
func comment(own []validate.Mend) string {
	var checks []string
	for _, m := range own {
		checks = append(checks, m.Checks...)
	}
	return Safe(own[0].Object.Name) + ": " + strings.Join(checks, ", ")
}

// ldifLine writes a name and a value.
func ldifLine(w *bufio.Writer, name, value string) {
	if ldifSafe(value) {
		fmt.Fprintf(w, "%s: %s\n", name, value)
		return
	}
	fmt.Fprintf(w, "%s:: %s\n", name, base64.StdEncoding.EncodeToString([]byte(value)))
}

// ldifSafe reports whether LDIF can hold a value as it is: ASCII without controls, with nothing before or behind it that
// readers take for something else.
func ldifSafe(s string) bool {
	if s == "" || strings.ContainsAny(s[:1], " :<") || s[len(s)-1] == ' ' {
		return s == ""
	}
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == utf8.RuneError }) < 0
}
