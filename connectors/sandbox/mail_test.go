package sandbox

import (
	"strings"
	"testing"
)

func TestMailsAreTakenAndForgotten(t *testing.T) {
	r := newRig(t, Options{Apps: []App{{ID: "a0000000-0000-4000-8000-000000000001", Roles: []string{"Mail.Send", "User.Read.All"}}}})
	r.user("sender", nil, Extra{})
	const path = "/v1.0/users/sender@contoso.example/sendMail"
	mail := func(to, kind string) string {
		return `{"message":{"subject":"First password","body":{"contentType":"` + kind + `","content":"Correct-Horse"},"toRecipients":[` + to + `]},"saveToSentItems":false}`
	}
	to := `{"emailAddress":{"address":"boss@contoso.example"}}`
	r.do(202, "POST", path, mail(to, "text"))
	r.do(400, "POST", path, mail("", "text"))
	r.do(400, "POST", path, mail(`{"emailAddress":{"address":"nobody"}}`, "text"))
	r.do(400, "POST", path, mail(to, "rtf"))
	r.do(404, "POST", "/v1.0/users/nobody@contoso.example/sendMail", mail(to, "text"))
	if strings.Contains(saved(t, r.tenant), "Correct-Horse") {
		t.Error("the tenant keeps what was in a mail")
	}
	_, totals := r.tenant.Log()
	same(t, "in the log", 5, totals.ByRoute["POST /users/{}/sendMail"])
	plain := newRig(t, Options{})
	plain.user("sender", nil, Extra{})
	plain.do(403, "POST", path, mail(to, "text"))
}
