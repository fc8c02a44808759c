package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/cmd/coexist/internal/handover"
	"github.com/coexistsync/coexist/connectors/ad"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/report"
)

func doctorCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:        "doctor",
		Usage:       "check that everything can be reached and may be read and written as the configuration wants",
		Description: "Connects to each directory and to the tenant, reads little and writes nothing.",
		Flags:       []cli.Flag{configFlag, outputFlag},
		Action: func(x *cli.Context) error {
			form, err := called(x)
			if err != nil {
				return err
			}
			d := &doctor{console: c}
			if err := d.examine(x); err != nil {
				return err
			}
			if form {
				err = writeJSON(c, "coexist.doctor", "findings", d.findings)
			} else {
				err = d.print()
			}
			if err != nil {
				return err
			}
			return d.verdict()
		},
	}
}

// finding is the outcome of one check.
type finding struct {
	Where  string `json:"where"`
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
	Hint   string `json:"hint,omitempty"`
	mark   error  // what it means for the exit code when it is not OK; nil for a warning
}

type doctor struct {
	*console
	findings []finding
}

// examine checks one thing after the other and goes on as far as it can; only a configuration that cannot be read ends it.
func (d *doctor) examine(x *cli.Context) error {
	cfg, err := load(x)
	if err != nil {
		return err
	}
	if err := cfg.Verify(); err != nil {
		return mark(errConfig, err)
	}
	set, err := loadPolicies(cfg.Policies)
	if err != nil {
		return err
	}
	d.add(finding{Where: cfg.Path, Check: "configuration and policies", OK: true, Detail: fmt.Sprintf("%d policy files", len(set.Files()))})
	s := &session{console: d.console, cfg: cfg, policies: set}
	if err := s.openStore(x.Context); err != nil {
		d.add(finding{Where: cfg.Store, Check: "store", Detail: err.Error(), mark: errConfig})
	} else {
		defer s.close()
		d.add(finding{Where: cfg.Store, Check: "store", OK: true, Detail: "can be written"})
	}
	list, err := s.sources()
	if err != nil {
		return err
	}
	for _, src := range list {
		live, ok := src.importer.(*ad.Connector)
		if !ok {
			d.add(finding{Where: src.Name, Check: "file", OK: true, Detail: "is there; planning reads it"})
			continue
		}
		for _, f := range live.Probe(x.Context, connector.Want{Attributes: set.Attributes()}) {
			d.add(finding{Where: src.Name, Check: f.Check, OK: f.OK, Detail: f.Detail, Hint: f.Hint, mark: gravityAD(f.Check)})
		}
	}
	d.way(cfg.Tenant)
	if cfg.Tenant.Apply == nil {
		return d.tenant(x.Context, s, cfg.Tenant, cfg.Writes, "")
	}
	if err := d.tenant(x.Context, s, cfg.Tenant, false, ""); err != nil {
		return err
	}
	if err := d.tenant(x.Context, s, cfg.Tenant.Writing(), true, forApply); err != nil {
		d.add(finding{Where: "tenant" + forApply, Check: "applyAuth", Detail: err.Error(), Hint: "only the machine that applies needs it"})
	}
	return x.Context.Err()
}

// forApply stands after where a check was made by the sign-in of those who write, when it is another.
const forApply = " for apply"

// tenant checks the tenant, and Exchange Online where it is connected, by one way to sign in. An error is one of
// configuration.
func (d *doctor) tenant(ctx context.Context, s *session, t config.Tenant, writes bool, which string) error {
	target, err := s.targetOf(t)
	if err != nil {
		return err
	}
	for _, f := range target.Probe(ctx, writes) {
		one := finding{Where: "tenant" + which, Check: f.Check, OK: f.OK, Detail: f.Detail, Hint: f.Hint, mark: gravityTenant(f.Check)}
		if f.Warning {
			one.mark = nil
		}
		d.add(one)
	}
	if writes && s.cfg.Passwords.Sink == handover.MailSink {
		if f, ok := target.ProbeMail(ctx); ok {
			d.add(finding{Where: "tenant" + which, Check: f.Check, OK: f.OK, Detail: f.Detail, Hint: f.Hint, mark: errSignIn})
		}
	}
	if !t.Exchange {
		return ctx.Err()
	}
	online, err := s.exchangeOf(t)
	if err != nil {
		return err
	}
	for _, f := range online.Probe(ctx, writes) {
		d.add(finding{Where: "exchange" + which, Check: f.Check, OK: f.OK, Detail: f.Detail, Hint: f.Hint, mark: gravityExchange(f.Check)})
	}
	return ctx.Err()
}

// gravityAD says what a failed check of a directory means.
func gravityAD(check string) error {
	switch check {
	case "sign-in":
		return errSignIn
	case "clock", "schema", "deleted objects":
		return nil
	}
	return errSource
}

// gravityTenant says what a failed check of the tenant means: beside its own answer all are about permissions.
func gravityTenant(check string) error {
	if check == "tenant" || check == "network" {
		return errSource
	}
	return errSignIn
}

// gravityExchange likewise, of Exchange Online. That the roles cannot be listed proves nothing, and what a directory role
// lacks may come from a role group.
func gravityExchange(check string) error {
	switch check {
	case "organisation":
		return errSource
	case "roles", "write: groups and holds":
		return nil
	}
	return errSignIn
}

// way says through which proxy the tenant is reached, and which authorities are trusted beside the system's. Whether it
// leads anywhere is told by what follows.
func (d *doctor) way(t config.Tenant) {
	if t.URL != "" {
		return
	}
	f := finding{Where: "tenant", Check: "proxy", OK: true, Detail: "none"}
	if choose := proxyOf(t, systemProxy); choose != nil {
		req, err := http.NewRequest(http.MethodGet, nationals[t.Cloud].graph, nil)
		var u *url.URL
		if err == nil {
			u, err = choose(req)
		}
		switch {
		case err != nil:
			f.OK, f.Detail, f.mark = false, err.Error(), errSource
			f.Hint = "correct tenant.proxy in the configuration, or HTTPS_PROXY"
		case u != nil:
			f.Detail = u.Redacted()
		}
	}
	if t.CA != "" {
		f.Detail += "; further authorities from " + t.CA
	}
	d.add(f)
}

func (d *doctor) add(f finding) { d.findings = append(d.findings, f) }

func (d *doctor) print() error {
	d.progress.clear()
	for _, f := range d.findings {
		word := "ok  "
		switch {
		case !f.OK && f.mark == nil:
			word = "warn"
		case !f.OK:
			word = "FAIL"
		}
		if _, err := fmt.Fprintf(d.out, "%s  %s: %s: %s\n", word, report.Safe(f.Where), report.Safe(f.Check), report.Safe(f.Detail)); err != nil {
			return err
		}
		if f.Hint != "" {
			fmt.Fprintf(d.out, "      -> %s\n", report.Safe(f.Hint))
		}
	}
	return nil
}

// verdict joins what failed; exitCode knows which counts.
func (d *doctor) verdict() error {
	var failed []error
	for _, f := range d.findings {
		if !f.OK && f.mark != nil {
			failed = append(failed, outcome(f.mark))
		}
	}
	return errors.Join(failed...)
}
