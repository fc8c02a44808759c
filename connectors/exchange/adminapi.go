package exchange

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// adminAPI is the transport of the documented Admin API v2.0, which is in preview. It takes the few commands that the API
// covers, when the token carries its permission, and hands the others on. Source: "Exchange Online Admin API", endpoints
// OrganizationConfig, AcceptedDomain, Mailbox (send on behalf alone) and DistributionGroupMember.
type adminAPI struct {
	v2   *Invoke
	next *Invoke

	once    sync.Once
	allowed bool
}

var _ Transport = (*adminAPI)(nil)

func newAdminAPI(next *Invoke) *adminAPI {
	return &adminAPI{next: next, v2: &Invoke{wire: next.wire, endpoint: func(c *Command) string {
		return next.path("v2.0") + "/" + resourceOf(c)
	}}}
}

// resourceOf gives the resource of the API that takes a command, "" for none.
func resourceOf(c *Command) string {
	switch c.Cmdlet {
	case "Get-OrganizationConfig":
		return "OrganizationConfig"
	case "Get-AcceptedDomain":
		return "AcceptedDomain"
	case "Get-DistributionGroupMember":
		return "DistributionGroupMember"
	case "Set-Mailbox":
		if c.Get("GrantSendOnBehalfTo") != nil && !slices.ContainsFunc(c.Parameters, func(p Parameter) bool {
			return !slices.Contains([]string{"Identity", "GrantSendOnBehalfTo", "Confirm"}, p.Name)
		}) {
			return "Mailbox"
		}
	}
	return ""
}

// v2Roles are the application permission of the API.
const v2Role = "Exchange.ManageAsAppV2"

// permitted reports whether the token is one for the API. A token that cannot be had or read is none: the other endpoint
// says why.
func (a *adminAPI) permitted(ctx context.Context) bool {
	a.once.Do(func() {
		if token, err := a.v2.token(ctx); err == nil {
			claims, err := readClaims(token)
			a.allowed = err == nil && slices.Contains(claims.Roles, v2Role)
		}
	})
	return a.allowed
}

// Run implements Transport.
func (a *adminAPI) Run(ctx context.Context, c Command) (Answer, error) {
	if resourceOf(&c) != "" && a.permitted(ctx) {
		return a.v2.Run(ctx, c)
	}
	return a.next.Run(ctx, c)
}

// RunAll implements Transport. The API knows no batches.
func (a *adminAPI) RunAll(ctx context.Context, list []Command) []Result {
	if !slices.ContainsFunc(list, func(c Command) bool { return resourceOf(&c) != "" }) || !a.permitted(ctx) {
		return a.next.RunAll(ctx, list)
	}
	out := make([]Result, len(list))
	var others []Command
	var at []int
	for i, c := range list {
		if resourceOf(&c) == "" {
			others, at = append(others, c), append(at, i)
			continue
		}
		out[i].Answer, out[i].Err = a.v2.Run(ctx, c)
	}
	for k, r := range a.next.RunAll(ctx, others) {
		out[at[k]] = r
	}
	return out
}

// tokenClaims is what a token says of itself. It is not verified: it is ours, and no more than a route and a report depend
// on it.
type tokenClaims struct {
	Tenant string   `json:"tid"`
	AppID  string   `json:"appid"`
	Name   string   `json:"app_displayname"`
	Roles  []string `json:"roles"`
	Wids   []string `json:"wids"`
}

func readClaims(token string) (tokenClaims, error) {
	var out tokenClaims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return out, errNoToken
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(b, &out) != nil {
		return tokenClaims{}, errNoToken
	}
	return out, nil
}
