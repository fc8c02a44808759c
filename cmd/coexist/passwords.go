package main

import (
	"cmp"
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"
	"time"

	"filippo.io/age"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/handover"
	"github.com/coexistsync/coexist/engine/report"
)

func passwordsCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:        "passwords",
		Usage:       "read the first passwords of new accounts",
		Subcommands: []*cli.Command{passwordsRevealCommand(c)},
	}
}

func passwordsRevealCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "reveal",
		Usage:     "show the passwords in a file that an apply wrote, to whoever has the key",
		ArgsUsage: "FILE",
		Description: "Needs no coexist.yaml and connects to nothing, so that it can be run where the key is. Passwords of accounts that were not made\n" +
			"are left out. One marked unsure is of an account of which nobody could tell whether it was made.",
		Flags: []cli.Flag{outputFlag,
			&cli.StringSliceFlag{Name: "identity", Aliases: []string{"i"}, Usage: "age identity `FILE`; may be repeated"},
			&cli.StringSliceFlag{Name: "certificate", Usage: "PEM or PFX `FILE` with a certificate and its private key; may be repeated. The password of a PFX is asked for"},
			&cli.BoolFlag{Name: "all", Usage: "show void passwords too"}},
		Action: func(x *cli.Context) error {
			form, err := called(x, "FILE")
			if err != nil {
				return err
			}
			keys, err := revealKeys(x, c)
			if err != nil {
				return err
			}
			contents, err := readPasswords(x.Args().First())
			if err != nil {
				return err
			}
			list := handover.Reveal(contents, keys, x.Bool("all"))
			if form {
				err = writeJSON(c, "coexist.passwords", "passwords", revealedJSON(list))
			} else {
				err = printRevealed(c, list)
			}
			return errors.Join(err, c.revealOutcome(contents, list))
		},
	}
}

func readPasswords(path string) (handover.Contents, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = mark(errNotFound, err)
		}
		return handover.Contents{}, err
	}
	defer f.Close() // read only
	return handover.Read(f)
}

// revealKeys reads the keys that the options name.
func revealKeys(x *cli.Context, c *console) (k handover.Keys, err error) {
	for _, path := range x.StringSlice("identity") {
		f, err := os.Open(path)
		if err != nil {
			return k, usagef("option --identity: %w", err)
		}
		list, err := age.ParseIdentities(f)
		f.Close()
		if err != nil {
			return k, usagef("option --identity: %s is no age identity file", path)
		}
		k.Age = append(k.Age, list...)
	}
	for _, path := range x.StringSlice("certificate") {
		p, err := keyPair(path, &prompt{c.in, c.err})
		if err != nil {
			return k, usagef("option --certificate: %w", err)
		}
		k.Certificates = append(k.Certificates, p)
	}
	return k, nil
}

// keyPair reads a certificate with its private key.
func keyPair(path string, ask *prompt) (p handover.KeyPair, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return p, err
	}
	defer clear(b)
	list, key, err := azidentity.ParseCertificates(b, nil)
	if err != nil && ask.asks() {
		text, failed := ask.ask("password of "+report.Safe(path), false)
		if failed != nil {
			return p, failed
		}
		list, key, err = azidentity.ParseCertificates(b, []byte(text.Reveal()))
	}
	if err != nil {
		return p, fmt.Errorf("%s is not PEM or PFX of a certificate and its private key, or has another password", path)
	}
	private, ok := key.(*rsa.PrivateKey)
	for _, one := range list {
		if public, same := one.PublicKey.(*rsa.PublicKey); ok && same && public.Equal(private.Public()) {
			return handover.KeyPair{Certificate: one, Key: private}, nil
		}
	}
	return p, fmt.Errorf("%s has no certificate with an RSA key of its own", path)
}

// revealed is an entry as JSON shows it. The password is written out because that is what the command is for.
type revealed struct {
	SignInName string           `json:"signInName,omitempty"`
	Name       string           `json:"name,omitempty"`
	Password   string           `json:"password,omitempty"`
	MustChange bool             `json:"mustChange"`
	Made       time.Time        `json:"made"`
	Anchor     string           `json:"anchor"`
	Outcome    handover.Outcome `json:"outcome"`
	Error      string           `json:"error,omitempty"`
}

func revealedJSON(list []handover.Revealed) []revealed {
	out := make([]revealed, len(list))
	for i, r := range list {
		out[i] = revealed{r.SignInName, r.Name, r.Password.Reveal(), r.MustChange, r.Made, r.Anchor, r.Outcome, ""}
		if r.Err != nil {
			out[i].Error = r.Err.Error()
		}
	}
	return out
}

// printRevealed writes one line for each password.
func printRevealed(c *console, list []handover.Revealed) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, r := range list {
		if r.Err != nil {
			continue
		}
		note := ""
		if r.Outcome != handover.Made {
			note = string(r.Outcome)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", report.Safe(r.SignInName), report.Safe(r.Password.Reveal()), report.Safe(r.Name), note)
	}
	return w.Flush()
}

// revealOutcome says what could not be shown.
func (c *console) revealOutcome(contents handover.Contents, list []handover.Revealed) error {
	if contents.Torn > 0 {
		c.say("%s not written to the end and left out; no account was asked for with such a password", counted(contents.Torn, "entry was", "entries were"))
	}
	closed := 0
	var first error
	for _, r := range list {
		if r.Err != nil {
			closed++
			first = cmp.Or(first, r.Err)
		}
	}
	if closed == 0 {
		return nil
	}
	return mark(errPartial, fmt.Errorf("%s: %w; name the key with --identity or --certificate", counted(closed, "entry cannot be opened", "entries cannot be opened"), first))
}
