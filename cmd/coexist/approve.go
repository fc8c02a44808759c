package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/store"
)

// signFlag names the key that signs a plan.
var signFlag = &cli.StringFlag{Name: "sign", Usage: "sign the plan file with the Ed25519 key in this PEM `FILE`; coexist key new makes one"}

func approveCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "approve",
		Usage:     "record that a plan may be applied, by its digest",
		ArgsUsage: "PLAN",
		Description: "Who approved what stands in the store, with the comment. With approvals in coexist.yaml, apply takes no plan without.\n" +
			"An approval is for one plan, and for what coexist plan refresh finds to be a part of it. It lets no guard pass.",
		Flags: []cli.Flag{configFlag, outputFlag, signFlag,
			&cli.StringFlag{Name: "comment", Usage: "`WHY`, such as a change number"},
			&cli.BoolFlag{Name: "withdraw", Usage: "take the approval back"}},
		Action: func(x *cli.Context) error {
			form, err := called(x, "PLAN")
			if err != nil {
				return err
			}
			f, err := openPlan(x.Args().First())
			if err != nil {
				return err
			}
			defer f.Close() // read only
			cfg, err := load(x)
			if err != nil {
				return err
			}
			s := &session{console: c, cfg: cfg}
			if err := s.openStored(x.Context, store.Options{}); err != nil {
				return err
			}
			defer s.close()
			if x.Bool("withdraw") {
				return s.withdraw(x.Context, f, form)
			}
			a := journal.Approval{Plan: f.Digest(), By: who(), Comment: strings.TrimSpace(x.String("comment")), At: s.now().UTC()}
			if err := s.approve(x.Context, f, a, x.String(signFlag.Name)); err != nil {
				return err
			}
			return s.showApprovals(x.Context, f, form)
		},
	}
}

// approve records an approval, and signs the plan first if it shall be.
func (s *session) approve(ctx context.Context, f *plan.File, a journal.Approval, keyFile string) error {
	m := f.Manifest()
	refuse := func(format string, args ...any) error {
		return mark(errRefused, coded("plan.unapproved", "not approved: "+format, args...))
	}
	switch {
	case !directory.EqualFold(m.Tenant.ID, s.cfg.Tenant.ID):
		return mark(errRefused, coded("plan.tenant", "not approved: the plan was made for tenant %s, and %s names tenant %s", m.Tenant.ID, s.cfg.Path, s.cfg.Tenant.ID))
	case m.Preview:
		return refuse("a preview is never applied; plan without --as-of")
	case !s.now().Before(m.Expires):
		return refuse("the plan has expired at %s; make it again with coexist plan refresh", m.Expires.Format(time.RFC3339))
	case !s.mayApprove(a.By.User):
		return refuse("approvals.by of %s does not name %s", s.cfg.Path, a.By.User)
	case s.cfg.Approvals.NotPlanner && directory.EqualFold(a.By.User, m.By):
		return refuse("%s made the plan, and %s asks for somebody else", m.By, s.cfg.Path)
	}
	if keyFile != "" {
		key, err := readKey(keyFile)
		if err != nil {
			return err
		}
		if a.Key = publicText(key); len(s.cfg.Trust) > 0 && !trusted(s.cfg.Trust, key) {
			return refuse("plan.trust of %s does not name the key in %s, which is %s", s.cfg.Path, keyFile, a.Key)
		}
		if err := f.Sign(key, a.By.User, a.At); err != nil {
			return err
		}
	}
	return s.store.Approve(ctx, a)
}

func trusted(keys []ed25519.PublicKey, key ed25519.PrivateKey) bool {
	return slices.ContainsFunc(keys, func(k ed25519.PublicKey) bool { return k.Equal(publicOf(key)) })
}

// mayApprove reports whether the approval of an account counts.
func (s *session) mayApprove(user string) bool {
	return len(s.cfg.Approvals.By) == 0 || slices.ContainsFunc(s.cfg.Approvals.By, func(b string) bool { return directory.EqualFold(b, user) })
}

func (s *session) withdraw(ctx context.Context, f *plan.File, json bool) error {
	ok, err := s.store.Withdraw(ctx, f.Digest(), who().User)
	if err != nil {
		return err
	}
	if !ok {
		return mark(errNotFound, fmt.Errorf("%s has not approved this plan", who().User))
	}
	if json {
		return s.showApprovals(ctx, f, true)
	}
	_, err = fmt.Fprintf(s.out, "Withdrawn: %s\n", f.Digest())
	return err
}

// counting gives the approvals of a plan that count: by accounts that may approve, not by who made it where that is asked
// for, not too long ago, and each account once.
func (s *session) counting(ctx context.Context, f *plan.File) ([]journal.Approval, error) {
	list, err := s.store.Approvals(ctx, f.Digest())
	if err != nil {
		return nil, err
	}
	m, rule := f.Manifest(), s.cfg.Approvals
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(a journal.Approval) bool {
		user := directory.Fold(a.By.User)
		if !s.mayApprove(a.By.User) || rule.NotPlanner && directory.EqualFold(a.By.User, m.By) || s.now().Sub(a.At) > rule.Valid || seen[user] {
			return true
		}
		seen[user] = true
		return false
	}), nil
}

// approved refuses a plan that lacks an approval or a signature that the configuration asks for.
func (s *session) approved(ctx context.Context, f *plan.File) error {
	if rule := s.cfg.Approvals; rule.Required {
		list, err := s.counting(ctx, f)
		if err != nil {
			return err
		}
		if len(list) < rule.Count {
			return mark(errRefused, coded("plan.unapproved", "plan refused: it has %d of %d approvals that %s asks for; coexist approve records one", len(list), rule.Count, s.cfg.Path))
		}
	}
	if len(s.cfg.Trust) > 0 && len(f.SignedBy(s.cfg.Trust)) == 0 {
		return mark(errRefused, coded("plan.unapproved", "plan refused: none of the keys that plan.trust of %s names has signed it; coexist approve --sign does", s.cfg.Path))
	}
	return nil
}

func (s *session) showApprovals(ctx context.Context, f *plan.File, json bool) error {
	list, err := s.counting(ctx, f)
	if err != nil {
		return err
	}
	if json {
		return writeJSON(s.console, "coexist.approvals", "approvals", list)
	}
	fmt.Fprintf(s.out, "Approved: %s\n", f.Digest())
	for _, a := range list {
		fmt.Fprintf(s.out, "  by %s on %s at %s", report.Safe(a.By.User), report.Safe(a.By.Host), a.At.Format(time.RFC3339))
		if a.Comment != "" {
			fmt.Fprintf(s.out, ": %s", report.Safe(a.Comment))
		}
		if a.Plan != f.Digest() {
			fmt.Fprintf(s.out, " (as a part of %s)", a.Plan)
		}
		fmt.Fprintln(s.out)
	}
	if rule := s.cfg.Approvals; rule.Required && len(list) < rule.Count {
		fmt.Fprintf(s.out, "%s more before it can be applied.\n", counted(rule.Count-len(list), "approval is needed", "approvals are needed"))
	}
	return nil
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
