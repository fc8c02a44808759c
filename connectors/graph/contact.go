package graph

import (
	"context"
	"errors"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// contactRow is an organizational contact, which Graph lets only read (Microsoft Graph, orgContact).
type contactRow struct {
	ID                    string   `json:"id"`
	DisplayName           string   `json:"displayName"`
	Mail                  string   `json:"mail"`
	MailNickname          string   `json:"mailNickname"`
	OnPremisesSyncEnabled *bool    `json:"onPremisesSyncEnabled"`
	ProxyAddresses        []string `json:"proxyAddresses"`
}

func contactRequest(size string) request {
	return request{op: "read contacts", why: readWhole, method: "GET", path: "/contacts",
		query: []string{"$select", "displayName,id,mail,mailNickname,onPremisesSyncEnabled,proxyAddresses", "$top", size}}
}

// contacts yields mail contacts: they hold addresses, and may be members of groups. Where they may not be read, they are
// among what the tenant's facts call unknown.
func (s *sweep) contacts(ctx context.Context) error {
	err := list(ctx, s.Connector, contactRequest(pageSize), func(r *contactRow) error {
		id := strings.ToLower(r.ID)
		if id == "" {
			return &fault.Error{Kind: fault.Unreachable, Op: "read contacts", Err: errors.New("a contact has no id")}
		}
		if s.seen[id] {
			return nil
		}
		s.seen[id] = true
		o := cloud.Object{ID: id, Type: cloud.MailContact, Mail: r.Mail, Proxies: r.ProxyAddresses, Synced: r.OnPremisesSyncEnabled != nil && *r.OnPremisesSyncEnabled}
		for _, p := range s.properties {
			switch p {
			case "displayName":
				o.Put(p, cloud.Text(r.DisplayName))
			case "mailNickname":
				o.Put(p, cloud.Text(r.MailNickname))
			}
		}
		return s.give(o)
	})
	if refusedRead(err) {
		return nil
	}
	return err
}

// refusedRead reports whether a read that is not vital was refused for good.
func refusedRead(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && (f.Kind == fault.Denied || f.Kind == fault.Invalid || f.Kind == fault.NotFound)
}
