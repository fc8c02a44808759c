package engine

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/tenant"
)

// connected reports whether changes can go to a directory.
func (p *planner) connected(d cloud.Directory) bool { return p.in.Targets[d] != nil }

// readTenant reads all directories of the tenant side by side, whole: what of one of them is missing would be planned to
// be made again.
func (p *planner) readTenant(ctx context.Context) error {
	b := tenant.NewBuilder()
	g, ctx := errgroup.WithContext(ctx)
	read := func(d cloud.Directory, names []string, add func(cloud.Object)) {
		g.Go(func() error {
			return p.in.Targets[d].Objects(ctx, names, func(o cloud.Object) error {
				if add(o); b.Len()%1000 == 0 {
					p.in.Progress.Report("read the tenant", b.Len())
				}
				return nil
			})
		})
	}
	read(cloud.Entra, p.properties(), b.Add)
	if p.connected(cloud.Exchange) {
		read(cloud.Exchange, p.recipientProperties(), b.AddRecipient)
	}
	err := g.Wait()
	if err != nil {
		return err
	}
	p.view, err = b.View(p.facts)
	return err
}

// properties names what to read of objects of Entra ID: what identifies them and what the policies can set.
func (p *planner) properties() []string {
	names := []string{"displayName", "userPrincipalName", "mailNickname", "accountEnabled", "usageLocation", "licenses"}
	_, later := p.in.Targets[cloud.Entra].(connector.Detailer)
	for _, n := range p.in.Policies.Properties() {
		if pr := cloud.Row(n); pr != nil && pr.Directory == cloud.Entra && !(later && pr.Costly) {
			names = append(names, n)
		}
	}
	if p.namesCloudGroups() {
		names = append(names, "members")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// recipientProperties likewise, of objects of Exchange Online. What costs a request for each object is read later, where
// the connector can.
func (p *planner) recipientProperties() []string {
	names := []string{"displayName", "mailNickname", "primaryAddress", "addresses", "exchangeGuid"}
	if p.namesCloudGroups() {
		names = append(names, "members")
	}
	_, later := p.in.Targets[cloud.Exchange].(connector.Detailer)
	for _, n := range p.in.Policies.Properties() {
		if pr := cloud.Row(n); pr != nil && inExchange(pr) && !(later && pr.Costly) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// inExchange reports whether Exchange Online masters a property on objects of some type.
func inExchange(p *cloud.Property) bool {
	return slices.ContainsFunc(cloud.Types(), func(t cloud.Type) bool {
		d, _ := p.MasteredBy(t)
		return d == cloud.Exchange && p.On(t)
	})
}

// readDetail reads what costs requests per object, of the objects that shall have such values.
func (p *planner) readDetail(ctx context.Context) error {
	err := p.detail(ctx, cloud.Entra, func(v *verdict, _ *cloud.Object) bool { return v.photo })
	if err != nil {
		return err
	}
	return p.detail(ctx, cloud.Exchange, func(v *verdict, o *cloud.Object) bool { return v.detail && o.Recipient.Known() })
}

// detail is readDetail of one directory.
func (p *planner) detail(ctx context.Context, d cloud.Directory, needs func(*verdict, *cloud.Object) bool) error {
	detailer, ok := p.in.Targets[d].(connector.Detailer)
	if !ok {
		return nil
	}
	var names, ids []string
	for _, n := range p.in.Policies.Properties() {
		if pr := cloud.Row(n); pr != nil && pr.Costly && pr.Directory == d {
			names = append(names, n)
		}
	}
	if slices.Contains(names, "fullAccessNoAutomap") {
		names = append(names, "fullAccess") // the two are told as one
	}
	for i := range p.verdicts {
		t := p.table.Matches[i].Target
		if t == join.None || !p.selected(i) {
			continue
		}
		if o := p.view.At(t); !o.Deleted && needs(&p.verdicts[i], o) {
			ids = append(ids, o.ID)
		}
	}
	if len(names) == 0 || len(ids) == 0 {
		return nil
	}
	slices.Sort(names)
	slices.Sort(ids)
	done := 0
	return detailer.Detail(ctx, ids, slices.Compact(names), func(o cloud.Object) error {
		if done++; done%100 == 0 {
			p.in.Progress.Report("read mailboxes and photos", done)
		}
		p.view.Detail(o)
		return nil
	})
}

// errNoTarget is a mistake of whoever calls Plan.
var errNoTarget = errors.New("a plan needs Entra ID to compare with")
