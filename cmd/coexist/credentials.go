package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/cmd/coexist/internal/credential"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/secret"
)

// passphraseVariable holds the passphrase of the credentials' file where coexist.yaml does not say how it is opened.
const passphraseVariable = "COEXIST_CREDENTIALS_PASSPHRASE"

func credentialCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "credential",
		Usage: "keep the secrets that coexist.yaml names as { credential: NAME }",
		Description: "On Windows they are in the Credential Manager of the account that runs coexist, unless coexist.yaml names a file; elsewhere in a\n" +
			"file encrypted with age, credentials.age beside coexist.yaml unless it names another. An identity file or a passphrase opens it:\n" +
			"see credentials: in coexist.yaml, the variable " + passphraseVariable + ", or type it. No command shows a secret.",
		Subcommands: []*cli.Command{credentialSetCommand(c), credentialListCommand(c), credentialRemoveCommand(c)},
	}
}

func credentialSetCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "set",
		Usage:     "add a credential, or put it in place of the one with its name",
		ArgsUsage: "NAME",
		Description: "The secret is typed twice and not shown, or comes on standard input, where a line break at its end does not count. It never\n" +
			"stands on the command line, which other processes can read.",
		Flags: []cli.Flag{configFlag, outputFlag,
			&cli.StringFlag{Name: "kind", Value: "password", Usage: "what it is, for the list: " + strings.Join(credential.Kinds(), ", ") + " (`KIND`)"},
			&cli.StringFlag{Name: "user", Usage: "`ACCOUNT` that it belongs to, for the list"}},
		Action: func(x *cli.Context) error {
			return withCredentials(x, c, func(s credential.Store, name string) error {
				text, err := (&prompt{c.in, c.err}).secret("secret of " + report.Safe(name))
				if err != nil {
					return usagef("%w", err)
				}
				e := credential.Entry{Name: name, Kind: x.String("kind"), User: x.String("user"), Set: c.now()}
				if err := s.Set(e, text); err != nil {
					return err
				}
				return credentialDone(x, c, s, e, "is set")
			})
		},
	}
}

func credentialRemoveCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "remove",
		Usage:     "remove a credential",
		ArgsUsage: "NAME",
		Flags:     []cli.Flag{configFlag, outputFlag},
		Action: func(x *cli.Context) error {
			return withCredentials(x, c, func(s credential.Store, name string) error {
				if err := s.Remove(name); err != nil {
					return err
				}
				return credentialDone(x, c, s, credential.Entry{Name: name}, "is removed")
			})
		},
	}
}

// withCredentials opens the store of credentials for one of them.
func withCredentials(x *cli.Context, c *console, f func(s credential.Store, name string) error) error {
	if _, err := called(x, "NAME"); err != nil {
		return err
	}
	name := x.Args().First()
	if err := credential.CheckName(name); err != nil {
		return usagef("%w", err)
	}
	cfg, err := load(x)
	if err != nil {
		return err
	}
	return credentialFailed(f(credentialStore(cfg, &prompt{c.in, c.err}), name))
}

// credentialFailed marks what can go wrong with a store of credentials.
func credentialFailed(err error) error {
	switch {
	case errors.Is(err, credential.ErrMissing):
		return mark(errNotFound, err)
	case errors.Is(err, errUsage):
		return err
	}
	return mark(errConfig, err)
}

// credentialDone says what was done to a credential.
func credentialDone(x *cli.Context, c *console, s credential.Store, e credential.Entry, what string) error {
	form, err := output(x)
	if err != nil {
		return err
	}
	if form {
		return writeJSON(c, "coexist.credentials", "credentials", []credential.Entry{e})
	}
	_, err = fmt.Fprintf(c.out, "%s %s in %s\n", report.Safe(e.Name), what, report.Safe(s.Where()))
	return err
}

func credentialListCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list the credentials: names, kinds, accounts and dates, never secrets",
		Flags: []cli.Flag{configFlag, outputFlag},
		Action: func(x *cli.Context) error {
			form, err := called(x)
			if err != nil {
				return err
			}
			cfg, err := load(x)
			if err != nil {
				return err
			}
			store := credentialStore(cfg, &prompt{c.in, c.err})
			list, err := store.List()
			if err != nil {
				return credentialFailed(err)
			}
			if form {
				return writeJSON(c, "coexist.credentials", "credentials", append([]credential.Entry{}, list...))
			}
			if len(list) == 0 {
				c.say("no credential is kept in %s; coexist credential set NAME adds one", report.Safe(store.Where()))
			}
			w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			for _, e := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", report.Safe(e.Name), report.Safe(e.Kind), e.Set.UTC().Format(time.DateTime+"Z"), report.Safe(e.User))
			}
			return w.Flush()
		},
	}
}

// credentialStore gives the store of credentials that a configuration means. Nothing is opened or asked before it is used.
func credentialStore(cfg *config.Config, ask *prompt) credential.Store {
	if s, ok := credential.System(); ok && cfg.Credentials.File == "" {
		return s
	}
	path := cmp.Or(cfg.Credentials.File, filepath.Join(filepath.Dir(cfg.Path), config.DefaultCredentials))
	return credential.OpenFile(path, func(fresh bool) (credential.Key, error) { return credentialKey(cfg.Credentials, path, ask, fresh) })
}

// credentialKey finds what the file of credentials is encrypted with.
func credentialKey(c config.Credentials, path string, ask *prompt, fresh bool) (credential.Key, error) {
	if c.Identity != "" {
		return credential.ReadIdentity(c.Identity)
	}
	var text secret.Text
	switch {
	case !c.Passphrase.IsZero():
		s, err := c.Passphrase.Read()
		if err != nil {
			return credential.Key{}, err
		}
		text = secret.New(s)
	case os.Getenv(passphraseVariable) != "":
		text = secret.New(os.Getenv(passphraseVariable))
	case ask.asks():
		var err error
		if text, err = ask.ask("passphrase of "+report.Safe(path), fresh); err != nil {
			return credential.Key{}, err
		}
	default:
		return credential.Key{}, fmt.Errorf("nothing says how: name an identity or a passphrase under credentials: in coexist.yaml, or set %s", passphraseVariable)
	}
	return credential.Passphrase(text)
}

// readCredential gives what reads the credentials that a configuration names.
func readCredential(cfg *config.Config, ask *prompt) func(name string) (string, error) {
	store := credentialStore(cfg, ask)
	return func(name string) (string, error) {
		text, err := store.Get(name)
		if errors.Is(err, credential.ErrMissing) {
			err = fmt.Errorf("%w in %s; coexist credential set %s adds it", err, store.Where(), name)
		}
		return text.Reveal(), err
	}
}
