package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/coexistsync/coexist/connectors/readonly"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/tenant"
	"github.com/coexistsync/coexist/engine/validate"
)

// surveyed is what validate reads of a tenant, all of it without a way to write.
type surveyed struct {
	view     *tenant.View
	facts    validate.Facts
	switches *validate.Switches // nil when they may not be read
	unknown  []string           // for people
}

// The properties that the checks need.
var (
	checkedProperties = []string{"accountEnabled", "displayName", "licenses", "mailNickname", "usageLocation", "userPrincipalName"}
	mailProperties    = []string{"addresses", "displayName", "exchangeGuid", "mailNickname", "primaryAddress"}
)

// survey reads the tenant: its objects, those of Exchange Online where that is connected, what it reports about them, and its
// switches as far as they may be seen.
func (s *session) survey(ctx context.Context) (*surveyed, error) {
	target, err := s.target()
	if err != nil {
		return nil, err
	}
	facts, err := readonly.New(target).Tenant(ctx)
	if err != nil {
		return nil, err
	}
	out := &surveyed{unknown: facts.Unknown}
	b := tenant.NewBuilder()
	g, within := errgroup.WithContext(ctx)
	read := func(from connector.Reader, properties []string, add func(cloud.Object)) {
		g.Go(func() error {
			return from.Objects(within, properties, func(o cloud.Object) error {
				if add(o); b.Len()%1000 == 0 {
					s.progress.report("read the tenant", b.Len())
				}
				return nil
			})
		})
	}
	read(readonly.New(target), checkedProperties, b.Add)
	if s.cfg.Tenant.Exchange {
		x, err := s.exchange()
		if err != nil {
			return nil, err
		}
		read(readonly.New(x), mailProperties, b.AddRecipient)
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if out.view, err = b.View(facts); err != nil {
		return nil, err
	}
	if s.cfg.Tenant.Exchange {
		out.facts.Mailboxes = lostMailboxes(out.view)
	}
	if err := s.troubles(ctx, target, out); err != nil {
		return nil, err
	}
	return out, out.sync(ctx, target)
}

// lostMailboxes gives the deleted mailboxes as the checks know them; an empty list says that there are none.
func lostMailboxes(v *tenant.View) []validate.Mailbox {
	out := []validate.Mailbox{}
	for _, o := range v.Lost() {
		m := validate.Mailbox{Name: o.Name(), Inactive: o.Recipient.Inactive, Anchor: o.Anchor, Addresses: o.Proxies, UPN: o.Get("userPrincipalName").Text()}
		if guid, err := directory.ParseGUID(o.Recipient.ExchangeGUID); err == nil {
			m.GUID = guid
		}
		if o.Mail != "" {
			m.Addresses = append([]string{"SMTP:" + o.Mail}, m.Addresses...)
		}
		out = append(out, m)
	}
	return out
}

// troubles reads what the tenant reports about its objects, and remembers since when.
func (s *session) troubles(ctx context.Context, from connector.TroubleReader, out *surveyed) error {
	var list []connector.Trouble
	unknown, err := from.Troubles(ctx, func(t connector.Trouble) error { list = append(list, t); return nil })
	if err != nil {
		return err
	}
	out.unknown = append(out.unknown, unknown...)
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = troubleName(t)
	}
	first := map[string]time.Time{}
	if len(unknown) == 0 { // of an incomplete list nobody knows what is gone
		if first, err = s.store.SeeTroubles(ctx, names); err != nil {
			return err
		}
	}
	unread := func(property string) bool {
		return slices.ContainsFunc(unknown, func(u string) bool { return strings.HasPrefix(u, property) })
	}
	if !unread("onPremisesProvisioningErrors") { // what was not read is not the same as none
		out.facts.ProvisioningErrors = []validate.ProvisioningError{}
	}
	if !unread("serviceProvisioningErrors") {
		out.facts.ServiceErrors = []validate.ServiceError{}
	}
	for i, t := range list {
		if t.Service == "" {
			out.facts.ProvisioningErrors = append(out.facts.ProvisioningErrors, validate.ProvisioningError{ID: t.ID, Name: t.Name, Category: t.Category,
				Property: t.Property, Value: t.Value, Since: t.Since, First: first[names[i]]})
			continue
		}
		out.facts.ServiceErrors = append(out.facts.ServiceErrors, validate.ServiceError{ID: t.ID, Name: t.Name, Service: t.Service, Detail: t.Detail,
			Since: t.Since, First: first[names[i]]})
	}
	return nil
}

// troubleName is what makes two troubles of different days the same.
func troubleName(t connector.Trouble) string {
	name := t.ID + "\x00" + t.Service + "\x00" + t.Category + "\x00" + t.Property + "\x00" + t.Value
	if t.Service != "" {
		name += "\x00" + t.Since.Format(time.RFC3339)
	}
	return name
}

// sync reads the tenant's switches. Who may not see them learns who may.
func (out *surveyed) sync(ctx context.Context, from connector.SwitchReader) error {
	x, err := from.Switches(ctx)
	// The facts say without a try that nobody knows; here it was tried.
	out.unknown = slices.DeleteFunc(slices.Clone(out.unknown), func(u string) bool { return strings.HasPrefix(u, "synchronisation features") })
	switch fault.KindOf(err) {
	case fault.Denied, fault.NotFound:
		out.unknown = append(out.unknown, "the tenant's switches of synchronisation and its threshold of deletions: a Global Reader or Hybrid Identity Administrator "+
			"can look with Get-MgDirectoryOnPremiseSynchronization | Format-List *")
		return nil
	}
	if err != nil {
		return err
	}
	out.switches = &validate.Switches{BlockSoftMatch: x.BlockSoftMatch, BlockHardMatch: x.BlockHardMatch, QuarantineUPN: x.QuarantineUPN, QuarantineProxies: x.QuarantineProxies,
		SoftMatchOnUPN: x.SoftMatchOnUPN, DeletionsPrevented: x.DeletionsPrevented, DeletionsAllowed: x.DeletionsAllowed, DeletionsByPercent: x.DeletionsByPercent}
	out.facts.Sync = out.switches
	return nil
}
