package directory

import "strings"

// ParentDN gives what follows the first component of a distinguished name, "" when there is nothing. A comma that is
// escaped (RFC 4514) belongs to the component.
func ParentDN(dn string) string {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			return dn[i+1:]
		}
	}
	return ""
}

// UnderDN reports whether dn is ou or lies below it. Both are compared as they stand, so callers fold them first.
func UnderDN(dn, ou string) bool {
	if len(dn) <= len(ou) || ou == "" {
		return dn == ou
	}
	at := len(dn) - len(ou)
	if dn[at:] != ou || dn[at-1] != ',' {
		return false
	}
	backslashes := at - 1 - len(strings.TrimRight(dn[:at-1], `\`))
	return backslashes%2 == 0
}

// DomainOfDN gives the DNS name that the DC components of a distinguished name spell, lower case, "" when it has none.
func DomainOfDN(dn string) string {
	var labels []string
	for rest := dn; rest != ""; {
		parent := ParentDN(rest)
		rdn := strings.TrimSuffix(strings.TrimSuffix(rest, parent), ",")
		if name, value, ok := strings.Cut(rdn, "="); ok && strings.EqualFold(strings.TrimSpace(name), "DC") {
			labels = append(labels, Fold(strings.TrimSpace(value)))
		}
		rest = parent
	}
	return strings.Join(labels, ".")
}
