package rules

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// languagePage is the page that describes the language.
func languagePage(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../docs/policy-language.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPageIsComplete expects every name of the language on its page.
func TestPageIsComplete(t *testing.T) {
	page := languagePage(t)
	mentions := func(what, name string) {
		word := regexp.MustCompile(`(^|[^A-Za-z])` + regexp.QuoteMeta(name) + `($|[^A-Za-z0-9])`)
		if !word.MatchString(page) {
			t.Errorf("%s %s is not on the page", what, name)
		}
	}
	for _, n := range functionNames() {
		mentions("function", n)
	}
	numbered := regexp.MustCompile(`^extension(Custom)?Attribute\d+$`) // listed as a range
	for _, n := range builtinVocabulary().names {
		if !numbered.MatchString(n) {
			mentions("attribute", n)
		}
	}
	for _, d := range decisionNames {
		mentions("decision", d)
		keys, _ := keysOf(d)
		for _, k := range keys {
			if modeOf(d) == Merge && !numbered.MatchString(k) {
				mentions("key", k)
			}
		}
	}
	for _, v := range append(cloudTypes(), leaveValues...) {
		mentions("value", v)
	}
	for _, f := range accountFlags {
		mentions("flag", f.name)
	}
	for _, f := range groupFlags {
		mentions("flag", f.name)
	}
}

// TestPageExampleLoads loads the files that the page shows.
func TestPageExampleLoads(t *testing.T) {
	files := fstest.MapFS{}
	for _, m := range regexp.MustCompile("(?s)```(?:yaml|csv)\n# (policies/[^\n]*)\n(.*?)```").FindAllStringSubmatch(languagePage(t), -1) {
		files[m[1]] = &fstest.MapFile{Data: []byte(m[2])}
	}
	set, problems := Load(files, "policies")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(files) != 5 || len(set.policies[0].decisions) != len(decisionNames) {
		t.Errorf("%d files, %d decisions", len(files), len(set.policies[0].decisions))
	}
}

// TestPageStatesTheLimits compares the figures.
func TestPageStatesTheLimits(t *testing.T) {
	page := languagePage(t)
	for figure, agrees := range map[string]bool{"64 KiB": maxFileBytes == 64<<10, "1 MiB": maxTableBytes == 1<<20, "2,000": maxRules == 2000,
		"8,192 characters": maxText == 8192, "400 parts": maxNodes == 400, "4,000 parts": maxInlined == 4000, "| 30,000 |": maxGrowth == 30_000, "| 10,000;": maxSteps == 10_000,
		"| 4 KiB": maxResult == 4<<10, "| 100,000": maxMemory == 100_000, "| 2 |": maxLoops == 2} {
		if !agrees || !strings.Contains(page, figure) {
			t.Errorf("the page says nothing of %s, or the limit is another", figure)
		}
	}
}

// TestPageStatesWhereKeysAct compares the page's table of modes, which goes by decision, with each key.
func TestPageStatesWhereKeysAct(t *testing.T) {
	both := map[string]bool{UsageLocation: true, Licenses: true, Groups: true, Mail: true}
	for _, d := range decisionNames {
		want, keys := ActsProvision, []string{""}
		if both[d] {
			want = ActsBoth
		}
		if modeOf(d) == Merge {
			keys, _ = keysOf(d)
		}
		for _, k := range keys {
			if got := ActsIn(d, k); got != want {
				t.Errorf("%s %s acts in %q, the page says %q", d, k, got, want)
			}
		}
		if ActsIn(d, "nothing") != "" {
			t.Errorf("%s has a key called nothing", d)
		}
	}
}
