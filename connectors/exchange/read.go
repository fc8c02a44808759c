package exchange

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// source is a cmdlet that lists recipients. Of what is deleted only mailboxes are read, which hold something: deleted mail
// users are no more than Entra ID's deleted users.
type source struct {
	cmdlet  string
	extra   []any // its parameters beside ResultSize
	base    []string
	facets  []cloud.Facet
	deleted bool // lists what lies in deleted items, or is kept for a hold
}

var (
	mailboxColumns = append(slices.Clone(baseFields), mailboxFields...)
	lostColumns    = append(slices.Clone(mailboxColumns), "DisplayName")
	mailboxFacets  = []cloud.Facet{cloud.FacetRecipient, cloud.FacetArchive}
	otherFacets    = []cloud.Facet{cloud.FacetRecipient}

	getMailbox  = source{cmdlet: "Get-Mailbox", base: mailboxColumns, facets: mailboxFacets}
	getMailUser = source{cmdlet: "Get-MailUser", base: mailboxColumns, facets: otherFacets}
	getContact  = source{cmdlet: "Get-MailContact", base: baseFields, facets: otherFacets}
	getGroup    = source{cmdlet: "Get-DistributionGroup", base: baseFields, facets: otherFacets}
	getUnified  = source{cmdlet: "Get-UnifiedGroup", base: baseFields, facets: otherFacets}

	sources = []source{getMailbox, getMailUser, getContact, getGroup, getUnified,
		{cmdlet: "Get-Mailbox", extra: []any{"SoftDeletedMailbox", true}, base: lostColumns, deleted: true},
		{cmdlet: "Get-Mailbox", extra: []any{"InactiveMailboxOnly", true}, base: lostColumns, deleted: true},
	}
)

// all gives the command that lists everything of a source.
func (s *source) all(properties []string) Command {
	c := command(s.cmdlet, append(slices.Clone(s.extra), "ResultSize", unlimited)...)
	c.Select = fieldsOf(s.base, s.facets, properties)
	return c
}

// one gives the command that reads one object of a source.
func (s *source) one(who string, properties []string) Command {
	c := command(s.cmdlet, "Identity", who)
	c.Select = fieldsOf(s.base, s.facets, properties)
	return c
}

// Objects yields every recipient with those of the named properties that Exchange Online masters: mailboxes, mail users,
// contacts, distribution groups with their members, Microsoft 365 groups, and what lies in deleted items or is kept for a
// hold, marked. A deleted one whose id lives on under another recipient gets the id of its own recipient.
func (c *Connector) Objects(ctx context.Context, properties []string, yield func(cloud.Object) error) error {
	items, err := c.list(ctx, properties)
	if err != nil {
		return unreachable("read recipients", err)
	}
	if slices.ContainsFunc(columns[cloud.FacetPerson], func(x column) bool { return slices.Contains(properties, x.property) }) {
		if err := c.people(ctx, items, properties); err != nil {
			return unreachable("read contacts", err)
		}
	}
	if slices.Contains(properties, "members") {
		if err := c.members(ctx, items); err != nil {
			return unreachable("read members", err)
		}
	}
	var names []string
	for i := range items {
		names = append(names, items[i].names()...)
	}
	if err := c.resolve(ctx, names); err != nil {
		return unreachable("resolve names", err)
	}
	for i := range items {
		if err := ctx.Err(); err != nil {
			return unreachable("read recipients", err)
		}
		if err := yield(c.whole(&items[i])); err != nil {
			return err
		}
	}
	return nil
}

// unreachable is what a failure means for a read of the whole, unless it says more.
func unreachable(op string, err error) error {
	kind := fault.KindOf(err)
	if kind != fault.SignIn && kind != fault.Denied {
		kind = fault.Unreachable
	}
	f := &fault.Error{Kind: kind, Op: op, Err: err}
	var cause *fault.Error
	if errors.As(err, &cause) {
		f.Code, f.RequestID = cause.Code, cause.RequestID
	}
	return f
}

// list reads every source. Rows that pages repeat are dropped by id.
func (c *Connector) list(ctx context.Context, properties []string) ([]item, error) {
	answers := make([]Result, len(sources))
	var group sync.WaitGroup
	for i := range sources {
		group.Go(func() {
			answers[i].Answer, answers[i].Err = c.run.Run(ctx, sources[i].all(properties))
		})
	}
	group.Wait()
	var items []item
	seen := map[string]int{}
	for i, a := range answers {
		if a.Err != nil {
			return nil, a.Err
		}
		for _, r := range a.Answer.Rows {
			it, ok, err := itemOf(r, sources[i].facets, properties)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			if sources[i].deleted {
				it.bury(r)
				if at, twice := seen[it.ID]; twice && !items[at].Deleted && it.Recipient.GUID != "" {
					it.ID = exoPrefix + it.Recipient.GUID
				}
			}
			if at, twice := seen[it.ID]; twice {
				items[at].Recipient.Inactive = items[at].Recipient.Inactive || it.Recipient.Inactive
				continue
			}
			seen[it.ID] = len(items)
			items = append(items, it)
			if !it.Deleted {
				c.names.learn(it.ID, r)
			}
		}
	}
	return items, nil
}

// bury marks an object as deleted, and takes its name: people have to tell it from others by that.
func (it *item) bury(r Row) {
	it.Deleted = true
	if name := r.text("DisplayName"); name != "" {
		it.Put("displayName", cloud.Text(name))
	}
	_, when := r["WhenSoftDeleted"]
	it.Recipient.SoftDeleted = !it.Recipient.Inactive || when && r.text("WhenSoftDeleted") != ""
}

// people reads the names, phones and places of contacts, which Get-MailContact does not show.
func (c *Connector) people(ctx context.Context, items []item, properties []string) error {
	get := command("Get-Contact", "RecipientTypeDetails", []string{"MailContact"}, "ResultSize", unlimited)
	get.Select = fieldsOf([]string{"Guid", "ExternalDirectoryObjectId"}, []cloud.Facet{cloud.FacetPerson}, properties)
	a, err := c.run.Run(ctx, get)
	if err != nil {
		return err
	}
	rows := make(map[string]Row, len(a.Rows))
	for _, r := range a.Rows {
		rows[r.guid("Guid")] = r
	}
	for i := range items {
		it := &items[i]
		if it.Type != cloud.MailContact || it.Deleted {
			continue
		}
		if r, ok := rows[it.Recipient.GUID]; ok {
			if err := it.take(r, cloud.FacetPerson, properties); err != nil {
				return err
			}
		}
	}
	return nil
}

// members reads the members of distribution groups, ten groups a request.
func (c *Connector) members(ctx context.Context, items []item) error {
	var list []Command
	var at []int
	for i := range items {
		if items[i].Deleted || !items[i].Type.IsGroup() || !items[i].Type.MasteredWhole() {
			continue
		}
		list, at = append(list, membersOf(identity(items[i].ID))), append(at, i)
	}
	for k, r := range c.run.RunAll(ctx, list) {
		if fault.KindOf(r.Err) == fault.NotFound && r.Err != nil {
			continue // deleted while it was read
		}
		if r.Err != nil {
			return r.Err
		}
		ids, err := memberIDs(r.Answer.Rows)
		if err != nil {
			return err
		}
		items[at[k]].Put("members", cloud.Texts(ids))
	}
	return nil
}

func membersOf(who string) Command {
	c := command("Get-DistributionGroupMember", "Identity", who, "ResultSize", unlimited)
	c.Select = []string{"ExternalDirectoryObjectId", "Guid"}
	return c
}

func memberIDs(rows []Row) ([]string, error) {
	var ids []string
	for _, r := range rows {
		id := idOf(r)
		if id == "" {
			return nil, errors.New("a member has neither an object id nor a GUID")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Tenant gives the facts of the organisation: its accepted domains, all of which are verified.
func (c *Connector) Tenant(ctx context.Context) (cloud.Tenant, error) {
	t := cloud.Tenant{ID: c.tenantID, ReadAt: c.now().UTC()}
	results := c.run.RunAll(ctx, []Command{command("Get-OrganizationConfig"), command("Get-AcceptedDomain", "ResultSize", unlimited)})
	for _, r := range results {
		if r.Err != nil {
			return cloud.Tenant{}, unreachable("read organisation", r.Err)
		}
	}
	if rows := results[0].Answer.Rows; len(rows) > 0 {
		t.Name = rows[0].text("DisplayName")
		if id := rows[0].guid("ExternalDirectoryOrganizationId"); id != "" && t.ID != "" && id != t.ID && entraKnows(t.ID) {
			return cloud.Tenant{}, &fault.Error{Kind: fault.Invalid, Op: "read organisation", Err: errors.New("tenant " + printable(id) + " answers, and " + t.ID + " is configured")}
		}
	}
	for _, r := range results[1].Answer.Rows {
		d := cloud.Domain{Name: strings.ToLower(r.text("DomainName")), Verified: true}
		d.Default, _ = r.truth("Default")
		d.Initial, _ = r.truth("InitialDomain")
		d.Federated = strings.EqualFold(r.text("AuthenticationType"), "Federated")
		if d.Name != "" {
			t.Domains = append(t.Domains, d)
		}
	}
	slices.SortFunc(t.Domains, func(a, b cloud.Domain) int { return strings.Compare(a.Name, b.Name) })
	return t, nil
}
