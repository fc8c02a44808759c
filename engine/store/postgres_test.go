package store

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// statement is how SQL that stands whole begins.
var statement = regexp.MustCompile(`^(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|PRAGMA|VACUUM)\b`)

// statements gives the SQL of this package by place, but for that of the files named. What is put together when the program
// runs is taken as far as it is constant: the rest is a limit, or more of the same marks.
func statements(t *testing.T, but ...string) map[string]string {
	t.Helper()
	set := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]ast.Expr{}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || slices.Contains(but, name) {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Names) == len(v.Values) {
				for i, name := range v.Names {
					constants[name.Name] = v.Values[i]
				}
			}
			return true
		})
	}
	var text func(e ast.Expr) string
	text = func(e ast.Expr) string {
		switch x := e.(type) {
		case *ast.BasicLit:
			if x.Kind == token.STRING {
				s, err := strconv.Unquote(x.Value)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
		case *ast.BinaryExpr:
			return text(x.X) + text(x.Y)
		case *ast.ParenExpr:
			return text(x.X)
		case *ast.Ident:
			if c, ok := constants[x.Name]; ok {
				return text(c)
			}
		}
		return ""
	}
	out := map[string]string{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.BasicLit, *ast.BinaryExpr:
				if s := strings.TrimSpace(text(n.(ast.Expr))); statement.MatchString(s) {
					out[set.Position(n.Pos()).String()] = s
				}
				return false
			}
			return true
		})
	}
	return out
}

// TestStatementsArePortable has PostgreSQL make the tables and understand every statement, where it is installed.
func TestStatementsArePortable(t *testing.T) {
	all := statements(t, "open.go")
	var schema, script strings.Builder
	for _, m := range migrations {
		for _, q := range m {
			schema.WriteString(q + ";\n")
		}
	}
	var places []string
	for place, q := range all {
		switch {
		case strings.HasPrefix(q, "CREATE"), strings.HasPrefix(q, "ALTER"):
			if strings.Contains(q, "schema_version") {
				schema.WriteString(q + ";\n")
			}
		case strings.HasPrefix(q, "VACUUM INTO"): // a backup of PostgreSQL is its own affair
		default:
			places = append(places, place)
		}
	}
	if len(places) < 60 {
		t.Fatalf("only %d statements were found", len(places))
	}
	slices.Sort(places)
	for i, place := range places {
		fmt.Fprintf(&script, "PREPARE s%d AS %s;\n", i, all[place])
	}
	if testing.Short() {
		t.Skip("starts a server")
	}
	psql := postgres(t)
	if psql("SELECT nonsense;") == "" {
		t.Fatal("PostgreSQL complains about nothing")
	}
	if out := psql(schema.String()); out != "" {
		t.Fatalf("the tables\n%s", out)
	}
	// Statements are asked one by one, as an error names no other place.
	if out := psql(script.String()); out != "" {
		for _, place := range places {
			if out := psql("PREPARE s AS " + all[place] + ";\n"); out != "" {
				t.Errorf("%s: %s\n%s", place, all[place], out)
			}
		}
	}
	t.Logf("PostgreSQL understands %d statements", len(places))
}

// postgres starts a server of its own on a socket, and gives what runs SQL there and returns the complaints.
func postgres(t *testing.T) func(script string) string {
	t.Helper()
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		t.Skip("PostgreSQL is not installed")
	}
	dir, err := os.MkdirTemp("", "pg") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	where := filepath.Join(dir, "db")
	run := exec.Command
	if os.Getuid() == 0 { // PostgreSQL refuses to be root's
		const nobody = 65534
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
		run = func(name string, args ...string) *exec.Cmd {
			c := exec.Command("setpriv", append([]string{"--reuid=" + strconv.Itoa(nobody), "--regid=" + strconv.Itoa(nobody), "--clear-groups", name}, args...)...)
			c.Dir = dir
			return c
		}
	}
	if out, err := run(initdb, "-D", where, "--no-sync", "--auth=trust", "--username=coexist", "--locale=C", "--encoding=UTF8").CombinedOutput(); err != nil {
		t.Skipf("PostgreSQL cannot be started here: %v: %s", err, out)
	}
	settings := "-c listen_addresses='' -c fsync=off -c unix_socket_directories=" + dir
	if out, err := run("pg_ctl", "-D", where, "-w", "-l", filepath.Join(dir, "log"), "-o", settings, "start").CombinedOutput(); err != nil {
		t.Skipf("PostgreSQL cannot be started here: %v: %s", err, out)
	}
	t.Cleanup(func() { run("pg_ctl", "-D", where, "-m", "immediate", "stop").Run() })
	return func(script string) string {
		cmd := exec.Command("psql", "-X", "-q", "-h", dir, "-U", "coexist", "postgres")
		cmd.Stdin = strings.NewReader(script)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Run(); err != nil && errs.Len() == 0 {
			return err.Error()
		}
		return errs.String()
	}
}
