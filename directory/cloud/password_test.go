package cloud_test

import (
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
)

func TestPasswordText(t *testing.T) {
	for want, p := range map[string]cloud.Password{
		"generate 20 characters of 4 classes":                {Length: 20, Classes: 4},
		"generate 12 characters of 3 classes, pronounceable": {Length: 12, Classes: 3, Pronounceable: true},
		"secret first-day":                                   {Secret: "first-day"},
	} {
		got, err := cloud.ParsePassword(want)
		if p.String() != want || err != nil || got != p {
			t.Errorf("%+v is written %q, and %q read as %+v, %v", p, p, want, got, err)
		}
	}
	for _, text := range []string{"", "secret ", "Pa55w.rd", "generate 7 characters of 4 classes", "generate 20 characters of 2 classes",
		"generate 020 characters of 4 classes", "generate 20 characters of 4", "generate 257 characters of 4 classes"} {
		if p, err := cloud.ParsePassword(text); err == nil {
			t.Errorf("%q is read as %+v", text, p)
		}
	}
}
