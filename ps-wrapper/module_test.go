package pswrapper

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the files of the module that follow from the Go types")

const module = "CoexistenceSync"

func TestGeneratedFiles(t *testing.T) {
	for name, want := range generated() {
		path := filepath.Join(module, filepath.FromSlash(name))
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s does not follow from the Go types; run go test ./ps-wrapper -update (-want +got):\n%s", path, diff)
		}
	}
}
