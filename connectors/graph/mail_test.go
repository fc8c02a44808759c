package graph_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/fault"
)

func TestMailIsSentOnceToItsRecipients(t *testing.T) {
	const path = "POST /users/sync@contoso.example/sendMail"
	s, c := newServer(t)
	s.on(path, reply{status: 202}, reply{status: 403, body: `{"error":{"code":"ErrorAccessDenied","message":"Access is denied."}}`}, reply{status: 504})
	send := func() error {
		return c.SendMail(t.Context(), "sync@contoso.example", []string{"a@contoso.example", "b@contoso.example"}, "First password", "Canary\n")
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	address := func(a string) any { return map[string]any{"emailAddress": map[string]any{"address": a}} }
	want := map[string]any{"saveToSentItems": false, "message": map[string]any{"subject": "First password", "body": map[string]any{"contentType": "text", "content": "Canary\n"},
		"toRecipients": []any{address("a@contoso.example"), address("b@contoso.example")}}}
	if diff := cmp.Diff(want, s.asked("POST")[0].body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, kind := range []fault.Kind{fault.Denied, fault.Unknown} {
		if err := send(); fault.KindOf(err) != kind || strings.Contains(err.Error(), "Canary") {
			t.Errorf("error %v, want %v", err, kind)
		}
	}
	if n := len(s.asked("POST")); n != 3 {
		t.Errorf("%d requests, want 3: a mail is not sent twice", n)
	}
}
