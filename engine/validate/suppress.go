package validate

import (
	"fmt"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/plan"
)

// suppressions finds the one that silences a finding.
type suppressions struct {
	by      map[string]int // check and object, by number in used
	used    []Used
	expired []Suppression
}

func newSuppressions(list []Suppression, asOf time.Time) suppressions {
	out := suppressions{by: map[string]int{}}
	for _, s := range list {
		if !s.Until.After(asOf) {
			out.expired = append(out.expired, s)
			continue
		}
		object := s.Object
		if strings.ContainsAny(object, ",-") { // a distinguished name or a GUID: anchors in base64 hold neither
			object = directory.Fold(object)
		}
		out.by[s.Check+"\x00"+object] = len(out.used)
		out.used = append(out.used, Used{Suppression: s})
	}
	return out
}

// has reports whether a finding is silenced, and counts it.
func (s *suppressions) has(f Finding) bool {
	if len(s.by) == 0 {
		return false
	}
	for _, object := range []string{string(f.Object.Anchor), f.Object.GUID, directory.Fold(f.Object.DN), f.Object.ID, "*"} {
		if n, ok := s.by[f.Check+"\x00"+object]; ok && object != "" {
			s.used[n].Findings++
			return true
		}
	}
	return false
}

// checkSuppressions tells of those that have expired: somebody has to decide anew.
func (r *run) checkSuppressions() {
	for _, s := range r.silenced.expired {
		r.whole("SUP-001", plan.Object{Kind: "suppression", Name: s.Check + " for " + s.Object}, "until", s.Until.UTC().Add(-time.Second).Format(time.DateOnly),
			fmt.Sprintf("owner %s; it was silenced because: %s", s.Owner, s.Reason))
	}
}
