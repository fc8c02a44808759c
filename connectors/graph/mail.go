package graph

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// SendMail sends a mail of plain text from a mailbox of the tenant, which needs the permission Mail.Send. It returns once
// Exchange Online has taken the mail; a copy is not kept among the sent items. A sending may have taken effect when its error
// is fault.Unknown. Source: https://learn.microsoft.com/graph/api/user-sendmail.
func (c *Connector) SendMail(ctx context.Context, from string, to []string, subject, text string) error {
	recipients := make([]entityMap, len(to))
	for i, address := range to {
		recipients[i] = entityMap{"emailAddress": entityMap{"address": address}}
	}
	_, err := c.send(ctx, request{op: "send mail", why: write, method: "POST", path: "/users/" + segment(from) + "/sendMail", body: entity{
		{"message", entityMap{"subject": subject, "body": entityMap{"contentType": "text", "content": text}, "toRecipients": recipients}},
		{"saveToSentItems", false}}})
	return err
}

// ProbeMail checks, for doctor, that SendMail may send. Whether it may from one mailbox, an application access policy may have
// to say besides, which only a mail that is sent tells. A sign-in that fails is for Probe to report.
func (c *Connector) ProbeMail(ctx context.Context) (f Finding, ok bool) {
	token, err := c.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.scope}, EnableCAE: true})
	if err != nil {
		return f, false
	}
	claims, err := readClaims(token.Token)
	if err != nil {
		return f, false
	}
	return Need{What: "mail with first passwords", Apply: true, Any: []string{"Mail.Send"}}.held(claims.granted()), true
}
