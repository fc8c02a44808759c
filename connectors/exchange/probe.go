package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/internal/retry"
)

// Finding is the outcome of one check of the connection.
type Finding struct {
	Check  string `json:"check"` // sign-in, permission, organisation, read: <cmdlets>, write: <cmdlets>, write: groups and holds
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"` // what was found
	Hint   string `json:"hint,omitempty"`   // what to do when it is not OK
}

var errNoToken = errors.New("the token is not a JSON web token")

// appRole is the application permission of Office 365 Exchange Online that InvokeCommand needs.
const appRole = "Exchange.ManageAsApp"

// need is something that coexist does, with the cmdlets for it and the least role that holds them.
type need struct {
	what    string
	role    string
	cmdlets []string
}

var readNeeds = []need{
	{"organisation", "View-Only Recipients", []string{"Get-OrganizationConfig", "Get-AcceptedDomain"}},
	{"recipients", "View-Only Recipients", []string{"Get-Recipient", "Get-Mailbox", "Get-MailUser", "Get-MailContact", "Get-Contact", "Get-DistributionGroup", "Get-DistributionGroupMember", "Get-UnifiedGroup", "Get-User"}},
	{"settings and permissions", "View-Only Recipients", []string{"Get-CASMailbox", "Get-CalendarProcessing", "Get-MailboxPermission", "Get-RecipientPermission"}},
}

var writeNeeds = []need{
	{"mailboxes", "Mail Recipients", []string{"Set-Mailbox", "Set-CASMailbox", "Set-CalendarProcessing", "Enable-Mailbox", "Disable-Mailbox", "Set-MailUser", "Set-MailContact", "Set-Contact", "Set-UnifiedGroup"}},
	{"permissions", "Mail Recipients", []string{"Add-MailboxPermission", "Remove-MailboxPermission", "Add-RecipientPermission", "Remove-RecipientPermission"}},
	{"making and removing recipients", "Mail Recipient Creation", []string{"New-MailUser", "New-MailContact", "New-Mailbox", "Remove-MailUser", "Remove-MailContact", "Remove-Mailbox"}},
	{"distribution groups", "Distribution Groups", []string{"New-DistributionGroup", "Set-DistributionGroup", "Remove-DistributionGroup", "Add-DistributionGroupMember", "Remove-DistributionGroupMember"}},
}

// Probe checks the connection for doctor: that a token is given, with the application permission, that the organisation
// answers, and that the roles of the application hold the cmdlets that reading and, with writes, writing needs. A finding
// that is not OK says what to do. The token is looked at, never kept or shown.
func (c *Connector) Probe(ctx context.Context, writes bool) []Finding {
	if c.wire == nil {
		return nil
	}
	token, err := c.wire.token(ctx)
	if err != nil {
		return []Finding{{Check: "sign-in", Detail: reason(err.Error()), Hint: "check tenant id, client id and the certificate of the app registration"}}
	}
	out := []Finding{{Check: "sign-in", OK: true, Detail: "a token was given"}, permission(token), c.probeOrganisation(ctx)}
	if !out[2].OK {
		return out
	}
	allowed, err := c.wire.cmdlets(ctx)
	if err != nil {
		return append(out, Finding{Check: "roles", Detail: printable(err.Error()), Hint: "which cmdlets the application may run cannot be told; plan and apply will show it"})
	}
	out = append(out, missingCmdlets("read: ", readNeeds, allowed)...)
	if writes {
		out = append(out, missingCmdlets("write: ", writeNeeds, allowed)...)
		out = append(out, parameters(token))
	}
	return out
}

// Template ids of the directory roles that Exchange Online knows. Source: Microsoft Entra built-in roles.
const (
	globalAdministrator    = "62e90394-69f5-4237-9190-012177145e10"
	exchangeAdministrator  = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	recipientAdministrator = "31392ffb-586c-42d1-9346-e59415a2cc4e"
)

// parameters says whether the roles hold two parameters that the list of cmdlets does not tell of: every write to a
// distribution group passes BypassSecurityGroupManagerCheck, since the application owns none, and holds are
// LitigationHoldEnabled. A token names directory roles; of role groups in Exchange Online it knows nothing.
func parameters(token string) Finding {
	f := Finding{Check: "write: groups and holds", OK: true}
	has := func(list []string, id string) bool {
		return slices.ContainsFunc(list, func(w string) bool { return strings.EqualFold(w, id) })
	}
	claims, err := readClaims(token)
	switch {
	case err == nil && (has(claims.Wids, globalAdministrator) || has(claims.Wids, exchangeAdministrator)):
		f.Detail = "BypassSecurityGroupManagerCheck and LitigationHoldEnabled"
	case err == nil && has(claims.Wids, recipientAdministrator):
		f.OK, f.Detail = false, "Exchange Recipient Administrator has neither BypassSecurityGroupManagerCheck, which every write to a distribution group needs, nor LitigationHoldEnabled"
		f.Hint = "add the application to a role group with the roles Security Group Creation and Membership and Legal Hold, or make it Exchange Administrator"
	default:
		f.Detail = "cannot be told of role groups; distribution groups need the role Security Group Creation and Membership, holds the role Legal Hold"
	}
	return f
}

// permission looks for the application permission in a token.
func permission(token string) Finding {
	f := Finding{Check: "permission", Hint: "grant the app registration " + appRole + " of Office 365 Exchange Online, with admin consent"}
	claims, err := readClaims(token)
	switch {
	case err != nil:
		f.Detail, f.Hint = err.Error(), "permissions can be told only from a token of Entra ID"
	case slices.Contains(claims.Roles, appRole):
		f.OK, f.Detail, f.Hint = true, appRole, ""
	case slices.Contains(claims.Roles, v2Role):
		f.Detail = "the token is for the Admin API v2.0 alone, which covers few of the cmdlets"
	default:
		f.Detail = "the token lacks " + appRole
	}
	return f
}

// probeOrganisation reads the organisation, and warns of one in which some kinds of objects cannot be made yet.
func (c *Connector) probeOrganisation(ctx context.Context) Finding {
	f := Finding{Check: "organisation"}
	got, err := c.run.Run(ctx, command("Get-OrganizationConfig"))
	if err != nil || len(got.Rows) != 1 {
		if err == nil {
			err = errors.New("no organisation answers")
		}
		f.Detail, f.Hint = err.Error(), "give the application the Entra role Exchange Recipient Administrator, or a role group in Exchange Online; it takes up to an hour to act"
		return f
	}
	f.OK, f.Detail = true, printable(got.Rows[0].text("DisplayName"))
	if dry, _ := got.Rows[0].truth("IsDehydrated"); dry {
		f.Detail += "; it is dehydrated"
		f.Hint = "run Enable-OrganizationCustomization once, or some objects cannot be made"
	}
	return f
}

// missingCmdlets holds the cmdlets that the roles allow against needs.
func missingCmdlets(prefix string, needs []need, allowed map[string]bool) []Finding {
	var out []Finding
	for _, n := range needs {
		f := Finding{Check: prefix + n.what, OK: true, Detail: fmt.Sprintf("%d cmdlets", len(n.cmdlets))}
		var lacking []string
		for _, c := range n.cmdlets {
			if !allowed[strings.ToLower(c)] {
				lacking = append(lacking, c)
			}
		}
		if len(lacking) > 0 {
			f.OK, f.Detail = false, "the roles lack "+strings.Join(lacking, ", ")
			f.Hint = "add the application to a role group with the role " + n.role
		}
		out = append(out, f)
	}
	return out
}

// cmdlets asks which cmdlets the roles of the application allow: the file that Microsoft's own module is made from lists
// them.
func (w *wire) cmdlets(ctx context.Context) (map[string]bool, error) {
	token, err := w.token(ctx)
	if err != nil {
		return nil, errors.New(reason(err.Error()))
	}
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base.String()+w.path("v1.0")+"/EXOModuleFile?Version=3.9.2", nil)
	if err != nil {
		return nil, errors.New("build request")
	}
	for k, s := range map[string]string{"Authorization": "Bearer " + token, "CommandName": "*", "Accept": "application/json",
		"X-AnchorMailbox": appAnchor + w.tenantID, "User-Agent": w.agent, "client-request-id": retry.NewID()} {
		req.Header.Set(k, s)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, withoutAddress(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	var got struct {
		Value []struct {
			Exported string `json:"exportedCmdlets"`
		} `json:"value"`
	}
	if err := json.Unmarshal(body, &got); err != nil || len(got.Value) == 0 {
		return nil, errors.New("the answer cannot be read")
	}
	out := map[string]bool{}
	for _, v := range got.Value {
		for _, name := range strings.Split(v.Exported, ",") {
			out[strings.ToLower(strings.TrimSpace(name))] = true
		}
	}
	return out, nil
}
