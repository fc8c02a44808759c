package prove_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/coexistsync/coexist/rules/prove"
)

// sixty are sixty rules over about a hundred comparisons, some of them without effect.
func sixty() fstest.MapFS {
	var list []string
	for i := range 60 {
		switch i % 4 {
		case 0:
			list = append(list, fmt.Sprintf(`user.department in ["D%d","D%d","D%d"] && user.c == "C%d"`, i, i+1, i+2, i%5))
		case 1:
			list = append(list, fmt.Sprintf(`memberOf("G%d") && user.enabled && !(user.sam startsWith "svc-")`, i))
		case 2:
			list = append(list, fmt.Sprintf(`inOU("OU=S%d,OU=Staff,DC=corp") && (user.c in ["C1","C2"] || memberOf("G%d"))`, i, i-1))
		case 3:
			list = append(list, fmt.Sprintf(`user.employeeType == "T%d" && user.department != "D%d"`, i%6, i))
		}
	}
	return policy(list...)
}

func BenchmarkSixtyRules(b *testing.B) {
	set := load(b, sixty())
	var findings []prove.Finding
	var stats prove.Stats
	for b.Loop() {
		findings, stats = prove.Set(set)
	}
	b.ReportMetric(float64(len(findings)), "findings")
	b.ReportMetric(float64(stats.Atoms), "atoms")
	b.ReportMetric(float64(stats.Nodes), "nodes")
}

// TestSixtyRules expects the search to stay small.
func TestSixtyRules(t *testing.T) {
	findings, stats := prove.Set(load(t, sixty()))
	if stats.Rules != 60 || stats.Atoms < 100 || stats.Nodes > 20_000 || stats.NotDecided > 0 || len(findings) < 9 {
		t.Errorf("%d findings, %+v", len(findings), stats)
	}
}

// pigeons is a policy with a rule that says that n pigeons sit in fewer holes, each alone: impossible, and hard to see.
func pigeons(n int) fstest.MapFS {
	var conditions, all []string
	condition := func(parts []string, operator string) {
		name := fmt.Sprintf("c%d", len(all))
		all = append(all, name)
		conditions = append(conditions, fmt.Sprintf("  %s: '%s'", name, strings.Join(parts, operator)))
	}
	for p := range n {
		var somewhere []string
		for h := range n - 1 {
			somewhere = append(somewhere, fmt.Sprintf(`memberOf("P%dH%d")`, p, h))
			var alone []string
			for q := range p {
				alone = append(alone, fmt.Sprintf(`!(memberOf("P%dH%d") && memberOf("P%dH%d"))`, p, h, q, h))
			}
			if p > 0 {
				condition(alone, " && ")
			}
		}
		condition(somewhere, " || ")
	}
	files := policy(strings.Join(all, " && "))
	text := string(files["users.yaml"].Data)
	text = strings.Replace(text, "decisions:", "conditions:\n"+strings.Join(conditions, "\n")+"\ndecisions:", 1)
	files["users.yaml"] = &fstest.MapFile{Data: []byte(text)}
	return files
}

// TestHardSearchIsGivenUp expects a question beyond the limit to be reported, not guessed.
func TestHardSearchIsGivenUp(t *testing.T) {
	for n, want := range map[int]prove.Kind{4: prove.Impossible, 11: prove.NotDecided} {
		findings, _ := prove.Set(load(t, pigeons(n)))
		if len(findings) != 1 || findings[0].Kind != want {
			t.Errorf("%d pigeons: %+v", n, findings)
		}
	}
}

// BenchmarkTwoThousandRules proves as much as the language takes, in twenty files.
func BenchmarkTwoThousandRules(b *testing.B) {
	files := policy()
	delete(files, "users.yaml")
	for part := range 20 {
		var list []string
		for i := range 100 {
			list = append(list, fmt.Sprintf(`user.department == "D%d" && user.c != "C%d" && !memberOf("G%d")`, 100*part+i, i%7, i%50))
		}
		name := fmt.Sprintf("part-%02d", part)
		files[name+".yaml"] = policyFile(name, fmt.Sprintf(`user.l == "L%d"`, part), name+"-", list...)
	}
	set := load(b, files)
	for b.Loop() {
		prove.Set(set)
	}
}
