package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// sendMail takes a mail and forgets it: what is in one, such as a first password, stays nowhere. That it was sent stands in
// the request log. Which mailbox an application may send from is not modelled, nor is delivery.
func (t *Tenant) sendMail(r *request) (answer, error) {
	if _, err := t.user(r.args[0]); err != nil {
		return answer{}, err
	}
	var body struct {
		Message *struct {
			Subject string
			Body    struct{ ContentType, Content string }
			// Recipients of a mail that is sent at once need an address each.
			ToRecipients, CCRecipients, BCCRecipients []struct {
				EmailAddress struct{ Name, Address string }
			}
		}
		SaveToSentItems *bool
	}
	if err := json.Unmarshal(r.body, &body); err != nil || body.Message == nil {
		return answer{}, badRequest("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	m := body.Message
	to := slices.Concat(m.ToRecipients, m.CCRecipients, m.BCCRecipients)
	if len(to) == 0 {
		return answer{}, refuse(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient is not valid., A message can't be sent because it contains no recipients.")
	}
	for _, x := range to {
		if !strings.Contains(x.EmailAddress.Address, "@") {
			return answer{}, refuse(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient is not valid., Recipient '%s' is not resolved.", x.EmailAddress.Address)
		}
	}
	if k := strings.ToLower(m.Body.ContentType); k != "" && k != "text" && k != "html" {
		return answer{}, badRequest("Requested value '%s' was not found.", m.Body.ContentType)
	}
	return answer{status: http.StatusAccepted}, nil
}
