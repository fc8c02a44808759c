package format

import "slices"

// The order of keys, as docs/policy-language.md has them. Mappings that are not listed keep theirs: in some, such as
// decisions, the order counts, and in the rest the author knows best.
var (
	rootOrder = []string{"apiVersion", "kind", "metadata", "description", "asOf", "requires", "timezone", "acts", "scope", "imports", "attributes", "tables", "bundles",
		"cloudGroups", "conditions", "decisions", "exceptions", "fixtures", "tests", "unreachable", "mutants"}
	metadataOrder  = []string{"name", "owner", "description"}
	decisionOrder  = []string{"mode", "when", "exclusive", "rules", "default"}
	ruleOrder      = []string{"id", "was", "description", "owner", "when", "from", "until", "then", "thenExpr", "fail", "reason", "hold"}
	exceptionOrder = []string{"id", "object", "decision", "set", "freeze", "reason", "owner", "from", "expires"}
	testOrder      = []string{"name", "skip", "skipReason", "todo", "asOf", "object", "with", "foreach", "policy", "outOfScope", "expect", "rules"}
)

// orderOf gives the order of the keys of a mapping by where it stands; "-" is an item of a list. nil is for those that keep
// their own.
func orderOf(path []string) []string {
	switch {
	case len(path) == 0:
		return rootOrder
	case len(path) == 1 && path[0] == "metadata":
		return metadataOrder
	case len(path) == 2 && path[0] == "decisions":
		return decisionOrder
	case len(path) == 4 && path[0] == "decisions" && path[2] == "rules" && path[3] == "-", len(path) == 3 && path[0] == "decisions" && path[2] == "default":
		return ruleOrder
	case len(path) == 2 && path[0] == "exceptions" && path[1] == "-":
		return exceptionOrder
	case len(path) == 2 && path[0] == "tests" && path[1] == "-":
		return testOrder
	}
	return nil
}

// rank gives the place of a key in an order; unknown keys come last.
func rank(order []string, key string) int {
	if i := slices.Index(order, key); i >= 0 {
		return i
	}
	return len(order)
}
