package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/policies"
)

func initCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "init",
		Usage: "write a first coexist.yaml with the shipped policies, and say what to grant",
		Description: "Asks on a terminal for what the options do not say. Never overwrites anything. Writes stay off: the first runs only plan.\n" +
			"Secrets are not asked for: coexist.yaml names the environment variables that hold them.",
		Subcommands: []*cli.Command{initTenantCommand(c)},
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dir", Value: ".", Usage: "write into this `FOLDER`"},
			&cli.StringFlag{Name: "name", Value: "ad", Usage: "`NAME` of the directory in reports"},
			&cli.StringFlag{Name: "url", Usage: "`URL` of a domain controller, ldaps://dc1.contoso.example"},
			&cli.StringFlag{Name: "ldif", Usage: "read this LDIF `FILE`, an export or a saved snapshot, instead of a domain controller"},
			&cli.StringFlag{Name: "ca", Usage: "PEM `FILE` of the authority that signed its certificate, where the system does not know it"},
			&cli.StringFlag{Name: "user", Usage: "`ACCOUNT` that reads the directory, svc-coexist@contoso.example"},
			&cli.StringFlag{Name: "password-env", Value: "COEXIST_AD_PASSWORD", Usage: "environment `VARIABLE` with its password"},
			&cli.StringSliceFlag{Name: "ou", Usage: "`DN` to read; may be repeated"},
			&cli.StringFlag{Name: "tenant", Usage: "tenant `ID`"},
			&cli.StringFlag{Name: "client-id", Usage: "client `ID` of the app registration"},
			&cli.StringFlag{Name: "secret-env", Value: "COEXIST_TENANT_SECRET", Usage: "environment `VARIABLE` with its client secret"},
			&cli.StringFlag{Name: "certificate", Usage: "PEM or PFX `FILE` that signs in instead of a client secret"},
			&cli.StringFlag{Name: "tenant-url", Usage: "`URL` of a rehearsal tenant instead of the real one"},
		},
		Action: func(x *cli.Context) error {
			if err := arguments(x); err != nil {
				return err
			}
			a := &answers{x: x, c: c, in: bufio.NewScanner(c.in), asks: terminal(c.in)}
			if err := a.fit(); err != nil {
				return err
			}
			text, err := a.configuration()
			if err != nil {
				return err
			}
			if err := writeFirst(x.String("dir"), text); err != nil {
				return err
			}
			return a.advise()
		},
	}
}

// answers are what init knows: options first, then what is answered on a terminal.
type answers struct {
	x       *cli.Context
	c       *console
	in      *bufio.Scanner
	asks    bool
	missing []string
	files   map[string]string // paths that options give, as they stand in coexist.yaml
}

// fit checks that the options go together, and finds the files that they name: a path is relative to the working folder on
// the command line, and to coexist.yaml in there.
func (a *answers) fit() error {
	if a.x.IsSet("ldif") {
		for _, o := range []string{"url", "ca", "user", "password-env", "ou"} {
			if a.x.IsSet(o) {
				return usagef("option --%s is for a domain controller, and --ldif reads a file instead; leave one of them out", o)
			}
		}
	}
	a.files = map[string]string{}
	for _, o := range []string{"ldif", "ca", "certificate"} {
		path := a.x.String(o)
		if path == "" {
			continue
		}
		st, err := os.Stat(path)
		if err == nil && st.IsDir() {
			err = fmt.Errorf("%s is a folder", path)
		}
		if err == nil {
			a.files[o], err = fromFolder(a.x.String("dir"), path)
		}
		if err != nil {
			return usagef("option --%s: %w", o, err)
		}
	}
	return nil
}

// fromFolder gives a path as it is seen from a folder. What is absolute stays so.
func fromFolder(dir, path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	seen, err := filepath.Rel(from, to)
	if err != nil { // another drive
		return to, nil
	}
	return filepath.ToSlash(seen), nil
}

// advise says what is written, what to grant, and what to set.
func (a *answers) advise() error {
	dir := a.x.String("dir")
	var set strings.Builder
	for _, v := range []struct{ option, unless, what string }{
		{"password-env", "ldif", "the password of the account in the directory"},
		{"secret-env", "certificate", "the client secret of the app registration"},
	} {
		if a.x.String(v.unless) == "" {
			fmt.Fprintf(&set, "  %s  %s\n", export(a.x.String(v.option)), v.what)
		}
	}
	text := set.String()
	if text != "" {
		text = "\nIn the shell that runs coexist:\n" + text
	}
	_, err := fmt.Fprintf(a.c.out, grants, report.Safe(filepath.Join(dir, configFlag.Value)), report.Safe(filepath.Join(dir, "policies")),
		wrapped(graph.LeastPermissions(false)), wrapped(graph.LeastPermissions(true)), text)
	return err
}

// wrapped writes a list over several lines, as it stands behind a heading of the advice.
func wrapped(list []string) string {
	var b strings.Builder
	line := 0
	for i, p := range list {
		switch {
		case i > 0 && line+len(p) > 100:
			b.WriteString(",\n            ")
			line = 0
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(p)
		line += len(p) + 2
	}
	return b.String()
}

// export sets an environment variable in the usual shell.
func export(name string) string {
	if runtime.GOOS == "windows" {
		return "$env:" + name + " = '…'"
	}
	return "export " + name + "='…'"
}

// get gives an option, or asks for it.
func (a *answers) get(option, question string) string {
	if v := a.x.String(option); v != "" {
		return v
	}
	return a.ask(option, question)
}

// ask asks for what an option does not say.
func (a *answers) ask(option, question string) string {
	if !a.asks {
		a.missing = append(a.missing, "--"+option)
		return ""
	}
	fmt.Fprintf(a.c.err, "%s: ", question)
	if !a.in.Scan() || strings.TrimSpace(a.in.Text()) == "" {
		a.missing = append(a.missing, "--"+option)
		return ""
	}
	return strings.TrimSpace(a.in.Text())
}

// configuration gives the text of coexist.yaml.
func (a *answers) configuration() (string, error) {
	var b strings.Builder
	b.WriteString("# Where things are; policies/ says what shall be. Paths are relative to this file.\napiVersion: coexist/v1\nkind: Configuration\ndirectories:\n")
	fmt.Fprintf(&b, "  - name: %s\n", quoted(a.x.String("name")))
	if file := a.files["ldif"]; file != "" {
		fmt.Fprintf(&b, "    ldif: %s\n", quoted(file))
	} else {
		a.domain(&b)
	}
	fmt.Fprintf(&b, "tenant:\n  id: %s\n", quoted(a.get("tenant", "Tenant id")))
	proof := "secret: { env: " + quoted(a.x.String("secret-env")) + " }"
	if file := a.files["certificate"]; file != "" {
		proof = "certificate: { file: " + quoted(file) + " }"
	}
	if u := a.x.String("tenant-url"); u != "" {
		fmt.Fprintf(&b, "  url: %s\n", quoted(u))
	}
	fmt.Fprintf(&b, "  auth: { clientId: %s, %s }\n", quoted(a.get("client-id", "Client id of the app registration")), proof)
	b.WriteString("policies: policies\nwrites: false                # the first runs only plan; true lets apply write\nstore: state/coexist.db\n")
	if len(a.missing) > 0 {
		return "", usagef("missing: %s; on a terminal coexist init asks", strings.Join(a.missing, ", "))
	}
	return b.String(), nil
}

// domain writes the part about a domain controller.
func (a *answers) domain(b *strings.Builder) {
	fmt.Fprintf(b, "    url: %s\n", quoted(a.get("url", "URL of a domain controller (ldaps://dc1.contoso.example)")))
	if ca := a.files["ca"]; ca != "" {
		fmt.Fprintf(b, "    ca: %s\n", quoted(ca))
	}
	fmt.Fprintf(b, "    auth: { bind: simple, user: %s, password: { env: %s } }\n",
		quoted(a.get("user", "Account that reads the directory (svc-coexist@contoso.example)")), quoted(a.x.String("password-env")))
	b.WriteString("    scope:\n")
	ous := a.x.StringSlice("ou")
	if len(ous) == 0 {
		ous = []string{a.ask("ou", "OU to read (OU=Staff,DC=contoso,DC=example)")}
	}
	for _, ou := range ous {
		fmt.Fprintf(b, "      - ou: %s\n", quoted(ou))
	}
}

// quoted writes a text as YAML: JSON's strings are YAML's double-quoted ones, whatever stands in them.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil { // not for a string
		panic(err)
	}
	return string(b)
}

// writeFirst checks the configuration, and writes it and the policies where nothing is yet.
func writeFirst(dir, text string) error {
	path, folder := filepath.Join(dir, configFlag.Value), filepath.Join(dir, "policies")
	if _, err := config.Parse(path, []byte(text)); err != nil {
		return mark(errConfig, err)
	}
	for _, p := range []string{path, folder} {
		if _, err := os.Lstat(p); !errors.Is(err, fs.ErrNotExist) {
			return mark(errConfig, fmt.Errorf("%s is there already; init overwrites nothing", p))
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.CopyFS(folder, policies.Default()); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

const grants = `%s and %s are written.

Grant the account in the directory:
  read access to the OUs (every domain user has it unless it was taken away); to tell deleted objects from unreadable
  ones, List Contents and Read Property on the Deleted Objects container.

Grant the app registration these application permissions of Microsoft Graph, with admin consent:
  to plan:  %s
  to apply: %s
What it takes to plan is enough as long as writes are off; doctor names what is granted beyond it.
coexist init tenant prints a script that makes the app registrations with them.
%s
Then:
  coexist doctor    can everything be reached, and may it be read?
  coexist plan      what would be done?
`
