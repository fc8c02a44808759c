package rules

// Attribute is a name under which expressions read something of an object.
type Attribute struct {
	Name string // as policies spell it after user, group, contact or object
	LDAP string // "" for class, guid and domain, which are what an object is rather than what it holds
	Type string // string, integer, boolean, time, list or binary
}

// Vocabulary gives the names that expressions can read: those of the language, then those that policies declare, in the
// order of the policies. A name that policies declare differently stands more than once.
func (s *Set) Vocabulary() []Attribute {
	words := map[kind]string{binaryKind: "binary"}
	for w, k := range kindNames {
		words[k] = w
	}
	var out []Attribute
	seen := map[Attribute]bool{}
	for _, p := range s.policies {
		for _, n := range p.vocabulary.names {
			a := p.vocabulary.byName[n]
			if x := (Attribute{n, a.ldap, words[a.kind]}); !seen[x] {
				seen[x] = true
				out = append(out, x)
			}
		}
	}
	return out
}
