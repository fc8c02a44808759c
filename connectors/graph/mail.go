package graph

import "context"

// SendMail sends a mail of plain text from a mailbox of the tenant, which needs the permission Mail.Send. It returns once
// Exchange Online has taken the mail; a copy is not kept among the sent items. A sending may have taken effect when its error
// is fault.Unknown. Source: https://learn.microsoft.com/graph/api/user-sendmail.
func (c *Connector) SendMail(ctx context.Context, from string, to []string, subject, text string) error {
	recipients := make([]entityMap, len(to))
	for i, address := range to {
		recipients[i] = entityMap{"emailAddress": entityMap{"address": address}}
	}
	_, err := c.send(ctx, request{op: "send mail", why: write, method: "POST", path: "/users/" + segment(from) + "/sendMail", body: entity{
		{"message", entityMap{"subject": subject, "body": entityMap{"contentType": "Text", "content": text}, "toRecipients": recipients}},
		{"saveToSentItems", false}}})
	return err
}
