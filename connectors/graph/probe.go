package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Finding is the outcome of one check of the connection.
type Finding struct {
	Check  string `json:"check"` // sign-in, tenant, read: <what>, write: <what>
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"` // what was found
	Hint   string `json:"hint,omitempty"`   // what to do when it is not OK
}

// need is something that coexist does, with the application permissions any of which allows it, the least one first
// (permission tables of Microsoft Graph v1.0).
type need struct {
	what    string
	allowed []string
}

var readNeeds = []need{
	{"users", []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
	{"groups and their members", []string{"GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
	{"subscriptions", []string{"LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All", "Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
	{"organization", []string{"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
	{"domains", []string{"Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
	{"administrators", []string{"RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All", "Directory.ReadWrite.All"}},
	{"cloud-managed users", []string{"User-OnPremisesSyncBehavior.Read.All", "User-OnPremisesSyncBehavior.ReadWrite.All"}},
	{"cloud-managed groups", []string{"Group-OnPremisesSyncBehavior.Read.All", "Group-OnPremisesSyncBehavior.ReadWrite.All"}},
}

var writeNeeds = []need{
	{"users", []string{"User.ReadWrite.All", "Directory.ReadWrite.All"}},
	{"deletion and restoring of users", []string{"User.DeleteRestore.All", "User.ReadWrite.All"}},
	{"groups, owners and members", []string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}},
	{"licences", []string{"LicenseAssignment.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"}},
}

// Probe checks the connection for doctor: that a token is given, for the tenant that is meant, with the permissions that
// reading needs and, with writes, those that writing needs; and that Graph answers. A finding that is not OK says what to
// do. The token is looked at, never kept or shown.
func (c *Connector) Probe(ctx context.Context, writes bool) []Finding {
	token, err := c.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.scope}, EnableCAE: true})
	if err != nil {
		_, cause := c.unanswered(readWhole, err)
		return []Finding{{Check: "sign-in", Detail: cause.Error(), Hint: "check tenant id, client id and the secret or certificate of the app registration"}}
	}
	claims, err := readClaims(token.Token)
	if err != nil {
		return []Finding{{Check: "sign-in", OK: true, Detail: "a token was given"},
			{Check: "permissions", Detail: err.Error(), Hint: "permissions can be told only from a token of Entra ID"}}
	}
	out := []Finding{{Check: "sign-in", OK: true, Detail: "as application " + printable(claims.app())}, c.probeTenant(ctx, claims)}
	out = append(out, claims.findings("read: ", readNeeds)...)
	if writes {
		out = append(out, claims.findings("write: ", writeNeeds)...)
	}
	return out
}

// probeTenant compares the token's tenant and the one that answers with the configured one.
func (c *Connector) probeTenant(ctx context.Context, claims tokenClaims) Finding {
	f := Finding{Check: "tenant", Detail: printable(claims.Tenant)}
	if c.tenantID != "" && !strings.EqualFold(claims.Tenant, c.tenantID) {
		f.Detail = fmt.Sprintf("the token is for tenant %s, and %s is configured", printable(claims.Tenant), c.tenantID)
		f.Hint = "correct the tenant id in the configuration, or sign in to the tenant that is meant"
		return f
	}
	t, err := c.Tenant(ctx)
	if err != nil {
		f.Detail, f.Hint = err.Error(), "check the network and proxy, and the permissions below"
		return f
	}
	f.OK, f.Detail = true, fmt.Sprintf("%s, %s", t.ID, printable(t.Name))
	return f
}

// tokenClaims is what a token says of itself. It is not verified: it is ours, and nothing but a report depends on it.
type tokenClaims struct {
	Tenant string   `json:"tid"`
	AppID  string   `json:"appid"`
	Name   string   `json:"app_displayname"`
	Roles  []string `json:"roles"`
}

func (t tokenClaims) app() string { return strings.TrimSpace(t.Name + " " + t.AppID) }

func readClaims(token string) (tokenClaims, error) {
	var out tokenClaims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return out, errors.New("the token is not a JSON web token")
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return out, errors.New("the token's claims cannot be decoded")
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, errors.New("the token's claims are not JSON")
	}
	return out, nil
}

// findings holds the permissions against needs.
func (t tokenClaims) findings(prefix string, needs []need) []Finding {
	out := make([]Finding, 0, len(needs))
	for _, n := range needs {
		f := Finding{Check: prefix + n.what, Hint: "grant the application permission " + n.allowed[0] + ", with admin consent"}
		if i := slices.IndexFunc(n.allowed, func(p string) bool { return slices.Contains(t.Roles, p) }); i >= 0 {
			f.OK, f.Detail, f.Hint = true, n.allowed[i], ""
		} else {
			f.Detail = "no permission for it"
		}
		out = append(out, f)
	}
	return out
}
