package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	kjson "github.com/microsoft/kiota-serialization-json-go"

	"github.com/coexistsync/coexist/directory/cloud"
)

// usersPage makes a page of 999 users, numbered on, with the properties that the shipped policies manage. next is its link.
func usersPage(from int, next string) []byte {
	var b strings.Builder
	b.WriteString(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users",` + next + `"value":[`)
	for i := from; i < from+999; i++ {
		if i > from {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"accountEnabled":true,"businessPhones":["+49 30 %[1]d"],"city":"Berlin","companyName":"Contoso","country":"Germany","department":"Sales",`+
			`"displayName":"User Number %[1]d","employeeId":"%[1]d","givenName":"User","jobTitle":"Clerk","mail":"user%[1]d@contoso.example","mailNickname":"user%[1]d",`+
			`"mobilePhone":null,"officeLocation":"B 12","onPremisesImmutableId":"q83vEjRWeJCrze8S%08[1]d","onPremisesSecurityIdentifier":null,"onPremisesSyncEnabled":null,`+
			`"onPremisesExtensionAttributes":{"extensionAttribute1":"a","extensionAttribute2":null,"extensionAttribute3":null,"extensionAttribute4":null,"extensionAttribute5":null},`+
			`"postalCode":"10115","preferredLanguage":"de-DE","proxyAddresses":["SMTP:user%[1]d@contoso.example","smtp:user%[1]d@contoso.onmicrosoft.com"],"state":null,`+
			`"streetAddress":"Street %[1]d","surname":"Number %[1]d","usageLocation":"DE","userPrincipalName":"user%[1]d@contoso.example","userType":"Member",`+
			`"licenseAssignmentStates":[{"assignedByGroup":null,"disabledPlans":["efb87545-963c-4e0d-99df-69c6916d9eb0"],"error":"None","skuId":"6fd2c87f-b296-42f0-b197-1e91e994b900","state":"Active"}],`+
			`"manager":{"id":"00000000-0000-4000-8000-%012[1]d"},"id":"00000000-0000-4000-8000-%012[1]d"}`, i)
	}
	b.WriteString("]}")
	return []byte(b.String())
}

// BenchmarkUsersPage reads one page of 999 users in four ways: the floor is encoding/json into our own struct; the
// connector adds cloud.Objects; kiota's parse node is what the SDK would do with slim models.
func BenchmarkUsersPage(b *testing.B) {
	page := usersPage(0, "")
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		b.ReportAllocs()
		for b.Loop() {
			var out struct{ Value []row }
			if err := json.Unmarshal(page, &out); err != nil || len(out.Value) != 999 {
				b.Fatal(err)
			}
		}
	})
	b.Run("connector", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			if _, err := decodePage(page, func(r *row) error {
				if o := r.object(false, userColumns); o.Type == cloud.User {
					n++
				}
				return nil
			}); err != nil || n != 999 {
				b.Fatal(err)
			}
		}
	})
	b.Run("kiota", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		b.ReportAllocs()
		factory := kjson.NewJsonParseNodeFactory()
		for b.Loop() {
			node, err := factory.GetRootParseNode("application/json", page)
			if err != nil {
				b.Fatal(err)
			}
			v, err := node.GetObjectValue(func(serialization.ParseNode) (serialization.Parsable, error) { return &kiotaPage{}, nil })
			if err != nil || len(v.(*kiotaPage).users) != 999 {
				b.Fatal(err)
			}
		}
	})
}

// tenant answers a full read of 100 pages of users, in process.
type tenant [][]byte

func (t tenant) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte(`{"value":[]}`)
	if r.URL.Path == "/v1.0/users" && !r.URL.Query().Has("$filter") {
		n, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
		body = t[n]
	}
	return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"application/json"}, "Request-Id": {"x"}},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}, nil
}

// BenchmarkReadAllUsers reads 99,900 users, 999 a page, through the whole connector, and for comparison decodes the same
// bytes by encoding/json into our own struct.
func BenchmarkReadAllUsers(b *testing.B) {
	const pages = 100
	t := make(tenant, pages)
	for i := range t {
		next := ""
		if i+1 < pages {
			next = fmt.Sprintf(`"@odata.nextLink":"http://127.0.0.1:1/v1.0/users?$skiptoken=%d",`, i+1)
		}
		t[i] = usersPage(i*999, next)
	}
	b.Run("encoding-json", func(b *testing.B) {
		for b.Loop() {
			for _, page := range t {
				var out struct{ Value []row }
				if err := json.Unmarshal(page, &out); err != nil || len(out.Value) != 999 {
					b.Fatal(err)
				}
			}
		}
	})
	var names []string
	for _, c := range userColumns {
		if c.name != cloud.Photo {
			names = append(names, c.name)
		}
	}
	b.Run("connector", func(b *testing.B) {
		c, err := New(Config{BaseURL: "http://127.0.0.1:1/v1.0", Credential: anyToken{}, Transport: t, Sleep: func(context.Context, time.Duration) error { return nil }})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			n := 0
			if err := c.Objects(b.Context(), names, func(cloud.Object) error { n++; return nil }); err != nil || n != pages*999 {
				b.Fatalf("%d objects, error %v", n, err)
			}
		}
	})
}

// kiotaPage and kiotaUser are what slim models for kiota's parse node would be, with the texts alone.
type kiotaPage struct{ users []serialization.Parsable }

func (*kiotaPage) Serialize(serialization.SerializationWriter) error { return nil }

func (p *kiotaPage) GetFieldDeserializers() map[string]func(serialization.ParseNode) error {
	return map[string]func(serialization.ParseNode) error{"value": func(n serialization.ParseNode) error {
		v, err := n.GetCollectionOfObjectValues(func(serialization.ParseNode) (serialization.Parsable, error) { return &kiotaUser{}, nil })
		p.users = v
		return err
	}}
}

type kiotaUser struct{ texts [20]*string }

func (*kiotaUser) Serialize(serialization.SerializationWriter) error { return nil }

func (u *kiotaUser) GetFieldDeserializers() map[string]func(serialization.ParseNode) error {
	m := map[string]func(serialization.ParseNode) error{}
	for i, name := range []string{"city", "companyName", "country", "department", "displayName", "employeeId", "givenName", "id", "jobTitle", "mail",
		"mailNickname", "officeLocation", "onPremisesImmutableId", "postalCode", "preferredLanguage", "streetAddress", "surname", "usageLocation", "userPrincipalName", "userType"} {
		m[name] = func(n serialization.ParseNode) error {
			v, err := n.GetStringValue()
			u.texts[i] = v
			return err
		}
	}
	return m
}
