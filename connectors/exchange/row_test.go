package exchange

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

func TestMegabytes(t *testing.T) {
	for s, want := range map[string]int64{"99 GB (106,300,440,576 bytes)": 101376, "35 MB (36,700,160 bytes)": 35, "Unlimited": 0, "2 TB": 2 << 20,
		"1,024 KB": 1, "0 B (0 bytes)": 0} {
		if n, _, err := megabytes(s); n != want || err != nil {
			t.Errorf("%q: %d, %v; want %d", s, n, err, want)
		}
	}
	for _, s := range []string{"many", "-5 GB", "5 parsecs", "1e400 GB"} {
		if _, _, err := megabytes(s); err == nil {
			t.Errorf("%q counts as a size", s)
		}
	}
}

func TestDays(t *testing.T) {
	for s, want := range map[string]int64{"730.00:00:00": 730, "14": 14, "12:00:00": 0, "Unlimited": 0} {
		if n, _, err := days(s); n != want || err != nil {
			t.Errorf("%q: %d, %v; want %d", s, n, err, want)
		}
	}
	for _, s := range []string{"soon", "-3"} {
		if _, _, err := days(s); err == nil {
			t.Errorf("%q counts as days", s)
		}
	}
}

func TestPlainTip(t *testing.T) {
	for s, want := range map[string]string{"<html>\r\n<body>\r\nAway &amp; out\r\n</body>\r\n</html>\r\n": "Away & out", "plain": "plain", "": ""} {
		if got := plainTip(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

// row makes a row of a JSON object.
func row(t testing.TB, s string) Row {
	t.Helper()
	var r Row
	if err := json.Unmarshal([]byte(s), &r); err != nil {
		t.Fatal(err)
	}
	return r.strip()
}

func TestItem(t *testing.T) {
	it, ok, err := itemOf(row(t, `{"Guid":"B0F9F36B-0000-4000-8000-000000000001","ExternalDirectoryObjectId":"A0F9F36B-0000-4000-8000-000000000001","Guid@data.type":"System.Guid",
		"RecipientTypeDetails":"SharedMailbox","PrimarySmtpAddress":"a@contoso.example","EmailAddresses":["SMTP:a@contoso.example","smtp:b@contoso.example","X500:/o=x"],
		"ImmutableId":"AAAAAAAAAAAAAAAAAAAAAQ==","IsDirSynced":true,"IsExchangeCloudManaged":true,"SKUAssigned":false,"ExchangeGuid":"00000000-0000-0000-0000-000000000000",
		"HiddenFromAddressListsEnabled":true,"LitigationHoldDuration":"Unlimited","ProhibitSendQuota":"99 GB (106,300,440,576 bytes)","ArchiveStatus":"None",
		"GrantSendOnBehalfTo":["Bob"],"ForwardingAddress":"Carol","ForwardingSmtpAddress":"smtp:x@fabrikam.example","CustomAttribute1":"one","UseMapiRichTextFormat":"Never"}`),
		[]cloud.Facet{cloud.FacetRecipient, cloud.FacetArchive},
		[]string{"addresses", "archive", "extensionAttribute1", "forwardAddress", "forwardTo", "hidden", "litigationHoldDays", "primaryAddress", "quotaSendMB", "richText", "sendOnBehalf", "displayName"})
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	no := false
	want := cloud.Object{ID: "a0f9f36b-0000-4000-8000-000000000001", Type: cloud.SharedMailbox, Anchor: "AAAAAAAAAAAAAAAAAAAAAQ==", Mail: "a@contoso.example",
		Proxies: []string{"SMTP:a@contoso.example", "smtp:b@contoso.example", "X500:/o=x"}, Synced: true,
		Recipient: &cloud.Recipient{Details: "SharedMailbox", GUID: "b0f9f36b-0000-4000-8000-000000000001", DirSynced: true, CloudManaged: true, Licensed: &no}}
	for name, v := range map[string]cloud.Value{"addresses": cloud.Texts([]string{"X500:/o=x", "smtp:b@contoso.example"}), "archive": cloud.Truth(false),
		"extensionAttribute1": cloud.Text("one"), // Exchange masters it where the cloud manages the mail properties
		"forwardAddress":      cloud.Text("x@fabrikam.example"), "hidden": cloud.Truth(true), "litigationHoldDays": cloud.Number(0),
		"primaryAddress": cloud.Text("a@contoso.example"), "quotaSendMB": cloud.Number(101376)} {
		want.Put(name, v)
	}
	if d := cmp.Diff(want, it.Object, cmp.Comparer(func(a, b cloud.Value) bool { return a.Equal(b) })); d != "" {
		t.Errorf("object (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"Carol", "Bob"}, it.names()); d != "" {
		t.Errorf("names to resolve (-want +got):\n%s", d)
	}
}

func TestPermittedLeavesOutWhatIsNobodysGrant(t *testing.T) {
	rows := []Row{
		row(t, `{"User":"ada@contoso.example","AccessRights":["FullAccess"],"IsInherited":false,"Deny":false}`),
		row(t, `{"User":"bob","AccessRights":"FullAccess, ReadPermission"}`),
		row(t, `{"User":"NT AUTHORITY\\SELF","AccessRights":["FullAccess","ReadPermission"]}`),
		row(t, `{"User":"admins","AccessRights":["FullAccess"],"IsInherited":true}`),
		row(t, `{"User":"eve","AccessRights":["FullAccess"],"Deny":true}`),
		row(t, `{"User":"mallory","AccessRights":["FullAccess"],"AccessControlType":"Deny"}`),
		row(t, `{"User":"carol","AccessRights":["ReadPermission"]}`),
	}
	if d := cmp.Diff([]string{"ada@contoso.example", "bob"}, permitted(rows, "User", "FullAccess")); d != "" {
		t.Errorf("trustees (-want +got):\n%s", d)
	}
}

func TestMarkNamesAnAnchorBothWays(t *testing.T) {
	for _, typ := range cloud.Types() {
		a := directory.Anchor("5f0c8f1e-0000-4000-8000-00000000000a")
		if typ.IsUser() {
			a = "HoBMX5AAAECAAAAAAAAACg=="
		}
		if m := mark(a); len(m) > 64 || anchorOf(typ, Row{"Name": json.RawMessage(`"` + m + `"`)}) != a {
			t.Errorf("%s: anchor %s is marked %q, which is read as %q", typ, a, m, anchorOf(typ, Row{"Name": json.RawMessage(`"` + m + `"`)}))
		}
	}
	if mark("contoso\\ada") != "" || anchorOf(cloud.MailContact, Row{"Name": json.RawMessage(`"coexist-ada"`)}) != "" {
		t.Error("what is no GUID counts as an anchor")
	}
}

func TestProxies(t *testing.T) {
	attribute := func(name string, before, after cloud.Value) *plan.Attribute {
		return &plan.Attribute{Name: name, Before: before, After: after}
	}
	texts := func(s ...string) cloud.Value { return cloud.Texts(s) }
	for name, c := range map[string]struct {
		primary, addresses *plan.Attribute
		want               Edit
	}{
		"another primary":           {attribute("primaryAddress", cloud.Text("a@x"), cloud.Text("b@x")), nil, Edit{Add: []string{"SMTP:b@x"}}},
		"further ones, others stay": {nil, attribute("addresses", texts("smtp:a@x", "X500:/o=x"), texts("smtp:c@x", "X500:/o=x")), Edit{[]string{"smtp:c@x"}, []string{"smtp:a@x"}}},
		"a further one becomes the primary": {attribute("primaryAddress", cloud.Text("a@x"), cloud.Text("b@x")), attribute("addresses", texts("smtp:b@x"), texts("smtp:c@x")),
			Edit{Add: []string{"SMTP:b@x", "smtp:c@x"}}},
		"capitals never make a primary": {nil, attribute("addresses", cloud.Value{}, texts("SMTP:a@x", "b@x")), Edit{Add: []string{"smtp:a@x", "smtp:b@x"}}},
		"case alone is no change":       {nil, attribute("addresses", texts("smtp:A@x"), texts("smtp:a@x")), Edit{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := proxies(c.primary, c.addresses)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("edit (-want +got):\n%s", d)
			}
		})
	}
	if _, err := proxies(attribute("primaryAddress", cloud.Text("a@x"), cloud.Value{}), nil); err == nil {
		t.Error("the primary address was cleared")
	}
}

func TestRefusalIsReadFromWhereverItStands(t *testing.T) {
	type parts struct{ ID, Exception, Text string }
	for name, c := range map[string]struct {
		body string
		want parts
	}{
		"details": {`{"error":{"code":"NotFound","message":"m","details":[{"message":"Ex6F9304|Microsoft.X.ManagementObjectNotFoundException|a|b"}]}}`,
			parts{"Ex6F9304", "ManagementObjectNotFoundException", "a|b"}},
		"details without an id": {`{"error":{"details":[{"message":"|X.ServerBusyException|busy"}]}}`, parts{"", "ServerBusyException", "busy"}},
		"nested JSON": {`{"error":{"details":[{"message":"{\"localizedString\":{\"stringId\":\"Ex1\"},\"ClassName\":\"A.BException\",\"Message\":\"text\"}"}]}}`,
			parts{"Ex1", "BException", "text"}},
		"details without bars": {`{"error":{"details":[{"message":"plain"}]}}`, parts{"", "", "plain"}},
		"inner exception":      {`{"error":{"message":"m","innererror":{"internalexception":{"message":"inner"}}}}`, parts{"", "", "inner"}},
		"message":              {`{"error":{"code":"BadRequest","message":"m"}}`, parts{"", "", "m"}},
		"plain text":           {"no JSON", parts{"", "", "no JSON"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := readRefusal(400, http.Header{}, []byte(c.body))
			if d := cmp.Diff(c.want, parts{n.id, n.exception, n.text}); d != "" {
				t.Errorf("refusal (-want +got):\n%s", d)
			}
		})
	}
}

func TestErrorsHoldNoControlCharacters(t *testing.T) {
	n := readRefusal(400, http.Header{}, []byte("\x1b[2Jgone\r\n"+strings.Repeat("x", 5000)))
	if s := n.fault(&Command{Cmdlet: "Set-Mailbox"}).Error(); strings.ContainsAny(s, "\x1b\r\n") || len(s) > 1200 {
		t.Errorf("%d bytes: %.60q", len(s), s)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, s := range []string{`{"value":[]}`, `{"value":[{"a@b":1,"A":[1,null,"x"]}],"@odata.nextLink":"x"}`, `{"error":{"details":[{"message":"a|b|c"}]}}`, "\x00", `{"value":["x"]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, _, err := readAnswer(b)
		for _, r := range a.Rows {
			for k := range r {
				if strings.Contains(k, "@") {
					t.Errorf("annotation %q was kept", k)
				}
			}
			it, _, err := itemOf(r, []cloud.Facet{cloud.FacetRecipient, cloud.FacetArchive}, []string{"addresses", "archive", "quotaSendMB"})
			if err == nil && it.Type != "" && it.ID == "" {
				t.Error("an object without an id")
			}
		}
		n := readRefusal(500, http.Header{}, b)
		var fe *fault.Error
		if e := n.fault(&Command{Cmdlet: "New-Mailbox"}); !errors.As(error(e), &fe) || n.again(&Command{Cmdlet: "New-Mailbox"}) && fe.Kind == fault.Unknown {
			t.Error("a create of unknown outcome would be sent again")
		}
		_ = err
	})
}
