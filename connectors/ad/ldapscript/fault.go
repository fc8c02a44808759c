package ldapscript

// Op is what a client asks for, as a Fault tells requests apart.
type Op int

// The operations.
const (
	Bind   Op = iota + 1
	Page      // a page of objects, or of Locate's search
	Range     // further values of an attribute
	Schema    // a page of the schema
	Read      // one object
	Secure    // StartTLS
	Access    // a page of security descriptors
)

// Fault makes the server fail. All its effects that are set happen.
type Fault struct {
	Op  Op
	Nth int // which request of the kind since the server started, from 1; 0 means each

	After     int    // entries of the answer that are sent before Cut, Stall or Code strike
	Code      int    // answer with this LDAP result
	Message   string // and this text
	Referral  string // and this URL
	Reference string // send a search continuation to this URL
	Empty     bool   // send no entries, and success
	NoPaging  bool   // leave out the paging control
	Cut       bool   // close the connection
	Stall     bool   // stop answering
}

// fault gives the fault for a request, if one is due, and counts the request.
func (s *Server) fault(op Op) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[op]++
	if s.before != nil {
		s.before(op, s.seen[op], &s.domain)
		s.objects, s.schema = s.domain.index()
	}
	for _, f := range s.faults {
		if f.Op == op && (f.Nth == 0 || f.Nth == s.seen[op]) {
			return f, true
		}
	}
	return Fault{}, false
}
