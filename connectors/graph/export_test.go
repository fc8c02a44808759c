package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

func TestUserIsCreatedWithAnchorAndARandomPassword(t *testing.T) {
	s, c := newServer(t)
	s.on("POST /users", reply{status: 201, body: `{"id":"` + userID + `"}`})
	var passwords []string
	for range 2 {
		if id, err := c.Export(t.Context(), newUser(), byID); err != nil || id != userID {
			t.Fatalf("got %s, %v", id, err)
		}
		body := s.asked("POST /users")[len(passwords)].body
		profile := body["passwordProfile"].(map[string]any)
		passwords = append(passwords, profile["password"].(string))
		delete(profile, "password")
		want := map[string]any{"accountEnabled": true, "displayName": "Ada", "mailNickname": "ada", "userPrincipalName": "ada@contoso.example",
			"onPremisesImmutableId": userAnchor, "onPremisesExtensionAttributes": map[string]any{"extensionAttribute3": "x"},
			"passwordProfile": map[string]any{"forceChangePasswordNextSignIn": true}}
		if diff := cmp.Diff(want, body); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if len(passwords[0]) < 24 || passwords[0] == passwords[1] {
		t.Errorf("passwords of %d letters, equal: %v", len(passwords[0]), passwords[0] == passwords[1])
	}
}

func TestCreateThatTookEffectUnansweredIsSentOnceAndFound(t *testing.T) {
	for name, answer := range map[string]reply{
		"gateway timeout":  {status: 504, body: `<html>`},
		"unavailable":      {status: 503, body: `{}`, header: map[string]string{"Retry-After": "1"}},
		"cut body":         {status: 201, body: `{"id":`, header: map[string]string{"Content-Length": "100"}},
		"truncated JSON":   {status: 201, body: `{"id":"`},
		"answer of nobody": {status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := newServer(t)
			s.empty()
			s.on("POST /users", answer)
			if _, err := c.Export(t.Context(), newUser(), byID); err == nil || fault.KindOf(err) != fault.Unknown {
				t.Fatalf("got %v, want an unknown outcome", err)
			}
			if n := len(s.asked("POST")); n != 1 {
				t.Errorf("the create was sent %d times", n)
			}
			if _, err := c.ByAnchor(t.Context(), cloud.User, userAnchor); fault.KindOf(err) != fault.NotReady {
				t.Errorf("before the replicas can know: %v, want not ready", err)
			}
			s.clock.advance(2 * time.Minute)
			if _, err := c.ByAnchor(t.Context(), cloud.User, userAnchor); fault.KindOf(err) != fault.NotFound {
				t.Errorf("after they must know: %v, want not found", err)
			}
		})
	}
}

func TestFreshObjectThatIsNotFoundIsNotReady(t *testing.T) {
	s, c := newServer(t)
	s.on("POST /users", reply{status: 201, body: `{"id":"` + strings.ToUpper(userID) + `"}`})
	s.on("GET /users/"+userID, reply{status: 404, body: missing})
	s.on("PATCH /users/"+userID, reply{status: 404, body: missing})
	s.on("PATCH /groups/"+groupID, reply{status: 404, body: missing})
	if _, err := c.Export(t.Context(), newUser(), byID); err != nil {
		t.Fatal(err)
	}
	kinds := func() []fault.Kind {
		_, read := c.Current(t.Context(), cloud.User, userID, nil)
		_, update := c.Export(t.Context(), userChange(plan.Update, plan.Attribute{Name: "jobTitle", After: cloud.Text("x")}), byID)
		_, member := c.Export(t.Context(), groupChange(plan.Members, cloud.SecurityGroup, plan.Attribute{Name: "members", Add: []plan.Ref{{ID: userID}}}), byID)
		return []fault.Kind{fault.KindOf(read), fault.KindOf(update), fault.KindOf(member)}
	}
	if diff := cmp.Diff([]fault.Kind{fault.NotReady, fault.NotReady, fault.NotReady}, kinds()); diff != "" {
		t.Errorf("at once (-want +got):\n%s", diff)
	}
	s.clock.advance(2 * time.Minute)
	if diff := cmp.Diff([]fault.Kind{fault.NotFound, fault.NotFound, fault.NotFound}, kinds()); diff != "" {
		t.Errorf("later (-want +got):\n%s", diff)
	}
}

func TestGroupIsMadeByAnUpsertOfItsKey(t *testing.T) {
	create := func(ty cloud.Type) plan.Change {
		return groupChange(plan.Create, ty, plan.Attribute{Name: "displayName", After: cloud.Text("Readers")}, plan.Attribute{Name: "mailNickname", After: cloud.Text("readers")})
	}
	path := "/groups(uniqueName='" + groupGUID + "')"
	for ty, want := range map[cloud.Type]map[string]any{
		cloud.SecurityGroup:     {"displayName": "Readers", "mailNickname": "readers", "groupTypes": []any{}, "mailEnabled": false, "securityEnabled": true},
		cloud.Microsoft365Group: {"displayName": "Readers", "mailNickname": "readers", "groupTypes": []any{"Unified"}, "mailEnabled": true, "securityEnabled": false},
	} {
		s, c := newServer(t)
		s.on("PATCH "+path, reply{status: 504}, reply{status: 201, body: `{"id":"` + groupID + `"}`}, reply{status: 204})
		s.on("GET "+path, reply{status: 200, body: `{"id":"` + groupID + `","groupTypes":` + map[bool]string{true: `["Unified"]`, false: `[]`}[ty == cloud.Microsoft365Group] + `}`})
		for range 2 { // made after a repetition, then found to be there
			if id, err := c.Export(t.Context(), create(ty), byID); err != nil || id != groupID {
				t.Fatalf("got %s, %v", id, err)
			}
		}
		asked := s.asked("PATCH")
		if diff := cmp.Diff(want, asked[0].body); diff != "" || asked[0].header.Get("Prefer") != "create-if-missing" {
			t.Errorf("%s: Prefer %q, body (-want +got):\n%s", ty, asked[0].header.Get("Prefer"), diff)
		}
	}
}

func TestUpdateClearsWithNullAndEmptyLists(t *testing.T) {
	s, c := newServer(t)
	s.on("PATCH /users/"+userID, reply{status: 204})
	_, err := c.Export(t.Context(), userChange(plan.Update,
		plan.Attribute{Name: "businessPhones", Before: cloud.Texts([]string{"1"})},
		plan.Attribute{Name: "extensionAttribute1", Before: cloud.Text("x")},
		plan.Attribute{Name: "extensionAttribute2", After: cloud.Text(`a "quoted" <b>`)},
		plan.Attribute{Name: "jobTitle", Before: cloud.Text("x")},
		plan.Attribute{Name: "surname", After: cloud.Text("Löv\u2028elace")}), byID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"businessPhones": []any{}, "jobTitle": nil, "surname": "Löv\u2028elace",
		"onPremisesExtensionAttributes": map[string]any{"extensionAttribute1": nil, "extensionAttribute2": `a "quoted" <b>`}}
	if diff := cmp.Diff(want, s.asked("PATCH")[0].body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func refs(n int) []plan.Ref {
	out := make([]plan.Ref, n)
	for i := range out {
		out[i] = plan.Ref{ID: fmt.Sprintf("m%02d", i)}
	}
	return out
}

func TestMembersAreAddedByTwentyAndRemovedByTheirLink(t *testing.T) {
	s, c := newServer(t)
	s.on("PATCH /groups/"+groupID, reply{status: 204})
	s.on("DELETE /groups/"+groupID+"/members/x1/$ref", reply{status: 204})
	s.on("DELETE /groups/"+groupID+"/members/x2/$ref", reply{status: 404, body: missing})
	s.on("GET /groups/"+groupID, reply{status: 200, body: `{"id":"` + groupID + `"}`})
	_, err := c.Export(t.Context(), groupChange(plan.Members, cloud.SecurityGroup,
		plan.Attribute{Name: "members", Add: refs(45), Remove: []plan.Ref{{ID: "x1"}, {ID: "x2"}}}), byID)
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, call := range s.asked("PATCH") {
		list := call.body["members@odata.bind"].([]any)
		sizes = append(sizes, len(list))
		if want := s.URL + "/v1.0/directoryObjects/m"; !strings.HasPrefix(list[0].(string), want) {
			t.Errorf("member %v, want %s…", list[0], want)
		}
	}
	if diff := cmp.Diff([]int{20, 20, 5}, sizes); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	for _, call := range s.asked("DELETE") {
		if !strings.HasSuffix(call.line, "/$ref") {
			t.Errorf("%s would delete the member itself", call.line)
		}
	}
}

func TestOneBadMemberDoesNotHoldUpTheOthers(t *testing.T) {
	s, c := newServer(t)
	// 20 members: whole batch refused, first half taken, second half refused down to the one.
	gone, there := reply{status: 404, body: missing}, reply{status: 400, body: refusal("Request_BadRequest", "One or more added object references already exist for the following modified properties: 'members'.")}
	ok := reply{status: 204}
	s.on("PATCH /groups/"+groupID, gone, ok, gone, gone, gone, ok, gone, there, ok, ok)
	_, err := c.Export(t.Context(), groupChange(plan.Members, cloud.SecurityGroup, plan.Attribute{Name: "members", Add: refs(20)}), byID)
	if fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "member m") {
		t.Errorf("got %v, want the member that does not exist named", err)
	}
	tried := map[string]bool{}
	for _, call := range s.asked("PATCH") {
		for _, m := range call.body["members@odata.bind"].([]any) {
			tried[m.(string)] = true
		}
	}
	if len(tried) != 20 {
		t.Errorf("%d members tried, want all 20", len(tried))
	}
}

func TestLicencesChangeInOneCall(t *testing.T) {
	s, c := newServer(t)
	s.on("POST /users/"+userID+"/assignLicense", reply{status: 200, body: `{}`})
	_, err := c.Export(t.Context(), userChange(plan.License, plan.Attribute{Name: "licenses",
		Before: cloud.Licenses([]cloud.License{{SKU: "keep"}, {SKU: "change", DisabledPlans: []string{"p1"}}, {SKU: "drop"}}),
		After:  cloud.Licenses([]cloud.License{{SKU: "keep"}, {SKU: "change", DisabledPlans: []string{"p2"}}, {SKU: "add"}})}), byID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"addLicenses":    []any{map[string]any{"skuId": "add", "disabledPlans": []any{}}, map[string]any{"skuId": "change", "disabledPlans": []any{"p2"}}},
		"removeLicenses": []any{"drop"}}
	if diff := cmp.Diff(want, s.asked("POST")[0].body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLicenceChangeThatTookEffectUnansweredEndsWell(t *testing.T) {
	s, c := newServer(t)
	s.on("POST /users/"+userID+"/assignLicense", reply{status: 504},
		reply{status: 400, body: refusal("Request_BadRequest", "User does not have a corresponding license.")})
	s.on("GET /users/"+userID, reply{status: 200, body: `{"id":"` + userID + `","licenseAssignmentStates":[{"skuId":"new","assignedByGroup":null,"disabledPlans":[]}]}`})
	_, err := c.Export(t.Context(), userChange(plan.License, plan.Attribute{Name: "licenses",
		Before: cloud.Licenses([]cloud.License{{SKU: "old"}}), After: cloud.Licenses([]cloud.License{{SKU: "new"}})}), byID)
	if err != nil || len(s.asked("POST")) != 2 {
		t.Errorf("got %v after %d calls, want success after the read", err, len(s.asked("POST")))
	}
}

func TestLocationThatWasJustWrittenMayNotBeKnownYet(t *testing.T) {
	s, c := newServer(t)
	s.on("PATCH /users/"+userID, reply{status: 204})
	s.on("POST /users/"+userID+"/assignLicense", reply{status: 400, body: refusal("Request_BadRequest", "License assignment cannot be done for user with invalid usage location.")})
	license := userChange(plan.License, plan.Attribute{Name: "licenses", After: cloud.Licenses([]cloud.License{{SKU: "s"}})})
	if _, err := c.Export(t.Context(), license, byID); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a location: %v", err)
	}
	if _, err := c.Export(t.Context(), userChange(plan.Update, plan.Attribute{Name: "usageLocation", After: cloud.Text("DE")}), byID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Export(t.Context(), license, byID); fault.KindOf(err) != fault.NotReady {
		t.Errorf("with a fresh location: %v", err)
	}
}

func TestAnchorIsNeverWrittenOverAnother(t *testing.T) {
	s, c := newServer(t)
	s.on("GET /users/"+userID, reply{status: 200, body: `{"id":"` + userID + `","onPremisesImmutableId":"other"}`})
	if _, err := c.Export(t.Context(), userChange(plan.Adopt), byID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("got %v", err)
	}
	if n := len(s.asked("PATCH")); n != 0 {
		t.Errorf("%d writes", n)
	}
}

func TestGroupIsAdoptedByItsKey(t *testing.T) {
	s, c := newServer(t)
	s.on("GET /groups/"+groupID, reply{status: 200, body: `{"id":"` + groupID + `","uniqueName":null}`})
	s.on("PATCH /groups/"+groupID, reply{status: 204})
	if _, err := c.Export(t.Context(), groupChange(plan.Adopt, cloud.SecurityGroup), byID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"uniqueName": groupGUID}, s.asked("PATCH")[0].body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUpsertThatMeetsAGroupOfAnotherTypeIsAConflict(t *testing.T) {
	s, c := newServer(t)
	path := "/groups(uniqueName='" + groupGUID + "')"
	s.on("PATCH "+path, reply{status: 204})
	s.on("GET "+path, reply{status: 200, body: `{"id":"` + groupID + `","groupTypes":["Unified"],"mailEnabled":true}`})
	if _, err := c.Export(t.Context(), groupChange(plan.Create, cloud.SecurityGroup), byID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("got %v", err)
	}
}

func TestRefusedTokenIsReplacedOnceAndTheCreateSentAgain(t *testing.T) {
	s, c := newServer(t)
	expired := reply{status: 401, body: refusal("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")}
	s.on("POST /users", expired, reply{status: 201, body: `{"id":"` + userID + `"}`}, expired)
	if _, err := c.Export(t.Context(), newUser(), byID); err != nil {
		t.Errorf("after one refusal: %v", err)
	}
	if _, err := c.Export(t.Context(), newUser(), byID); fault.KindOf(err) != fault.SignIn {
		t.Errorf("after two: %v", err)
	}
	if n := len(s.asked("POST")); n != 4 {
		t.Errorf("%d requests, want four", n)
	}
}

func TestWhatGraphCannotDoIsRefusedUnsent(t *testing.T) {
	other := userChange(plan.Update, plan.Attribute{Name: "jobTitle", After: cloud.Text("x")})
	other.Directory = cloud.Exchange
	contact := userChange(plan.Create)
	contact.Object.Type = cloud.MailContact
	anonymous := newUser()
	anonymous.Object.Anchor = ""
	for name, change := range map[string]plan.Change{
		"a change of another directory":   other,
		"a contact":                       contact,
		"a user without anchor":           anonymous,
		"a distribution group":            groupChange(plan.Create, cloud.DistributionGroup),
		"members of a distribution group": groupChange(plan.Members, cloud.DistributionGroup, plan.Attribute{Name: "members", Add: refs(1)}),
		"a mail-enabled security group":   groupChange(plan.Create, cloud.MailEnabledSecurityGroup),
		"a shared mailbox":                func() plan.Change { u := newUser(); u.Object.Type = cloud.SharedMailbox; return u }(),
		"a mailbox setting":               userChange(plan.Update, plan.Attribute{Name: "hidden", After: cloud.Truth(true)}),
		"a manager by update":             userChange(plan.Update, plan.Attribute{Name: "manager", After: cloud.Text("x")}),
		"licences by update":              userChange(plan.Update, plan.Attribute{Name: "licenses"}),
		"licences of a group":             groupChange(plan.License, cloud.SecurityGroup),
		"a name cleared":                  userChange(plan.Update, plan.Attribute{Name: "displayName", Before: cloud.Text("x")}),
		"an update of nobody":             func() plan.Change { u := userChange(plan.Update); u.Object.ID = ""; return u }(),
		"a group whose anchor is not a GUID": func() plan.Change {
			g := groupChange(plan.Create, cloud.SecurityGroup)
			g.Object.Anchor = "x')/members"
			return g
		}(),
		"an unknown action": userChange("explode"),
	} {
		t.Run(name, func(t *testing.T) {
			s, c := newServer(t)
			if _, err := c.Export(t.Context(), change, byID); fault.KindOf(err) != fault.Invalid {
				t.Errorf("got %v", err)
			}
			if n := len(s.asked("")); n != 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestNoErrorHoldsTokenPasswordOrAddress(t *testing.T) {
	s, c := newServer(t)
	s.on("POST /users", reply{status: 400, body: refusal("Request_BadRequest", "Invalid\r\nvalue\x00.")})
	_, err := c.Export(t.Context(), newUser(), byID)
	if err == nil {
		t.Fatal("no error")
	}
	password := s.asked("POST")[0].body["passwordProfile"].(map[string]any)["password"].(string)
	for _, secret := range []string{canary, password, s.URL, "\r", "\n", "\x00"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("error holds %q: %v", secret, err)
		}
	}
	if !strings.Contains(err.Error(), "Invalid") || !strings.Contains(err.Error(), "value") {
		t.Errorf("the server's text is missing: %v", err)
	}
}
