package validate_test

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/coexistsync/coexist/engine/validate"
)

// TestEveryCheckOfTheReferenceExists reads the ids of the reference's catalogue of checks, such as "ADR-001…006", and looks
// for each in the table.
func TestEveryCheckOfTheReferenceExists(t *testing.T) {
	b, err := os.ReadFile("../../../shared/reference/directory-sync.md")
	switch {
	case errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "":
		t.Skip("no reference here")
	case err != nil:
		t.Fatal(err)
	}
	section := regexp.MustCompile(`(?s)\n### 3\.3 .*?\n---\n`).Find(b)
	none := []string{"ADR-018"} // "never flag"
	found := 0
	for _, m := range regexp.MustCompile(`(?m)^\| ([A-Z]{3})-(\d+)(?:(…|/)(\d+))? \|`).FindAllSubmatch(section, -1) {
		from, _ := strconv.Atoi(string(m[2]))
		to := from
		if len(m[4]) > 0 {
			to, _ = strconv.Atoi(string(m[4]))
		}
		for n := from; n <= to; n++ {
			id := string(m[1]) + "-" + zeroes(n)
			if _, ok := validate.CheckNamed(id); ok == slices.Contains(none, id) {
				t.Errorf("%s: in the table %v", id, ok)
			}
			found++
		}
	}
	if found < 80 {
		t.Errorf("the reference names %d checks, which is too few: its form has changed", found)
	}
}

func zeroes(n int) string {
	return string([]byte{'0' + byte(n/100), '0' + byte(n/10%10), '0' + byte(n%10)})
}
