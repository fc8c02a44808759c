package graph

import (
	"strings"
	"testing"
)

// TestWhatIsAdvisedIsNotTooMuch holds that what init says to grant is never what doctor says to take away.
func TestWhatIsAdvisedIsNotTooMuch(t *testing.T) {
	for _, apply := range []bool{false, true} {
		if found := excess(LeastPermissions(apply), apply); len(found) > 0 {
			t.Errorf("apply %t: %+v", apply, found)
		}
	}
}

func TestWhatOnlyApplyingNeedsIsToldAsThat(t *testing.T) {
	const password, mail = "User-PasswordProfile.ReadWrite.All", "Mail.ReadWrite"
	hints := map[string]string{}
	for _, f := range excess(append(LeastPermissions(false), password, mail), false) {
		hints[f.Detail] = f.Hint
	}
	if len(hints) != 2 || !strings.HasPrefix(hints[password], "only applying needs it") || !strings.HasPrefix(hints[mail], "nothing here needs it") {
		t.Errorf("hints are %q", hints)
	}
}
