package graph

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"context"

	"github.com/coexistsync/coexist/directory/fault"
)

type fixedToken struct{}

func (fixedToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "canary-token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func newTestConnector(t testing.TB) *Connector {
	t.Helper()
	c, err := New(Config{BaseURL: "http://127.0.0.1:1/v1.0", Credential: fixedToken{}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClassifyAnswers(t *testing.T) {
	const envelope = `{"error":{"code":"Request_BadRequest","message":"MESSAGE","details":[],"innerError":{"request-id":"r1"}}}`
	said := func(message string) string { return strings.Replace(envelope, "MESSAGE", message, 1) }
	for name, c := range map[string]struct {
		status int
		body   string
		why    purpose
		want   fault.Kind
	}{
		"object conflict by its details":    {400, `{"error":{"code":"Request_BadRequest","message":"x","details":[{"code":"ObjectConflict","target":"userPrincipalName"},{"code":"ConflictingObjects","target":"User_1234"}]}}`, write, fault.Conflict},
		"conflict by its message":           {400, said("Another object with the same value for property userPrincipalName already exists."), write, fault.Conflict},
		"conflict by its code":              {409, `{"error":{"code":"Request_MultipleObjectsWithSameKeyValue","message":"x"}}`, write, fault.Conflict},
		"net id":                            {400, said("Property netId is invalid."), write, fault.Conflict},
		"concurrent writes":                 {409, `{"error":{"code":"Directory_ConcurrencyViolation","message":"x"}}`, write, fault.Transient},
		"mastered on premises":              {400, said("Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration."), write, fault.Invalid},
		"no seats":                          {400, said("Subscription with SKU x does not have any available licenses."), write, fault.Invalid},
		"token refused":                     {401, `{"error":{"code":"InvalidAuthenticationToken","message":"x"}}`, readOne, fault.SignIn},
		"permission missing":                {403, `{"error":{"code":"Authorization_RequestDenied","message":"x"}}`, write, fault.Denied},
		"quota":                             {403, `{"error":{"code":"Directory_QuotaExceeded","message":"x"}}`, write, fault.Invalid},
		"not found":                         {404, `{"error":{"code":"Request_ResourceNotFound","message":"x"}}`, readOne, fault.NotFound},
		"a gateway's not found, of a write": {404, `<html>`, write, fault.Unknown},
		"a gateway's not found, of a read":  {404, `<html>`, readOne, fault.Transient},
		"members of a group too fresh":      {400, said("The source resource object or one of the objects being referenced do not exist."), write, fault.NotFound},
		"throttled":                         {429, `{"error":{"code":"TooManyRequests","message":"x"}}`, write, fault.Throttled},
		"write failing":                     {500, `{"error":{"code":"Service_InternalServerError","message":""}}`, write, fault.Unknown},
		"write through a gateway":           {504, `<html>`, write, fault.Unknown},
		"read of one failing":               {503, ``, readOne, fault.Transient},
		"read of all failing":               {503, ``, readWhole, fault.Unreachable},
		"page token expired":                {400, `{"error":{"code":"Directory_ExpiredPageToken","message":"x"}}`, readWhole, fault.Unreachable},
		"not there":                         {501, `{"error":{"code":"NotImplemented","message":"x"}}`, write, fault.Invalid},
		"redirect":                          {302, ``, readWhole, fault.Invalid},
		"error that is no object":           {400, `"x"`, write, fault.Invalid},
		"error without an error":            {400, `{}`, write, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			err := newTestConnector(t).classify(request{op: "try", why: c.why}, answer{c.status, http.Header{"Retry-After": {"3"}}, []byte(c.body)}, nil)
			if got := fault.KindOf(err); got != c.want {
				t.Errorf("kind %v, want %v: %v", got, c.want, err)
			}
			if want := 3 * time.Second; c.want == fault.Throttled && fault.DelayOf(err) != want {
				t.Errorf("delay %v, want %v", fault.DelayOf(err), want)
			}
		})
	}
}

func TestConflictNamesTheOtherObjectAndTheRequest(t *testing.T) {
	body := `{"error":{"code":"Request_BadRequest","message":"Another object exists.","details":[{"code":"ConflictingObjects","message":"x","target":"User_0a1b"}],"innerError":{"request-id":"r-17"}}}`
	err := newTestConnector(t).classify(request{op: "create user", why: write}, answer{400, http.Header{}, []byte(body)}, nil)
	var f *fault.Error
	if !errors.As(err, &f) || f.RequestID != "r-17" || f.Code != "Request_BadRequest" {
		t.Fatalf("got %#v", f)
	}
	if want := "create user: Another object exists. Held by object 0a1b. (status 400)"; f.Error() != want {
		t.Errorf("got %q, want %q", f.Error(), want)
	}
}

func FuzzRefusal(f *testing.F) {
	f.Add([]byte(`{"error":{"code":"c","message":"m","details":[{"code":"ConflictingObjects","target":"User_1"}],"innerError":{"request-id":"r"}}}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"error":null}`))
	f.Add([]byte(`{"error":{"details":[null],"innerError":1}}`))
	f.Add([]byte(`{"error":{"code":5}}`))
	c := newTestConnector(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		n := c.refusal(answer{400, http.Header{}, body})
		if s := n.text().Error(); strings.ContainsAny(s, "\r\n\x00") || len(s) > 3000 {
			t.Errorf("text %q", s)
		}
	})
}

func TestSignInErrorKeepsTheReasonAlone(t *testing.T) {
	dump := "ClientSecretCredential authentication failed. \nPOST https://login.example/t/oauth2/v2.0/token\n----\nRESPONSE 401: 401 Unauthorized\n----\n{\n \"error_description\": \"AADSTS7000215: Invalid client secret provided.\\r\\nTrace ID: x\"\n}"
	if got, want := firstReason(dump), "AADSTS7000215: Invalid client secret provided."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
