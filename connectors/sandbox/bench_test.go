package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// wide is a $select of the width that a full read uses.
const wide = "id,userPrincipalName,displayName,mailNickname,mail,givenName,surname,jobTitle,department,companyName,employeeId,employeeType," +
	"officeLocation,streetAddress,city,state,postalCode,country,businessPhones,mobilePhone,faxNumber,preferredLanguage,accountEnabled,usageLocation," +
	"userType,onPremisesImmutableId,onPremisesSyncEnabled,onPremisesSecurityIdentifier,onPremisesSamAccountName,onPremisesExtensionAttributes," +
	"onPremisesDistinguishedName,onPremisesLastSyncDateTime,proxyAddresses,assignedLicenses,licenseAssignmentStates,otherMails,createdDateTime," +
	"onPremisesProvisioningErrors,onPremisesUserPrincipalName,onPremisesDomainName"

func fill(tb testing.TB, n int) *Tenant {
	tb.Helper()
	tn := New(Options{Seed: 7, NoCompression: true, SKUs: SampleSKUs(n)})
	for i := range n {
		_, err := tn.AddUser(Properties{"userPrincipalName": fmt.Sprintf("user%06d@contoso.example", i), "displayName": fmt.Sprintf("User %d", i),
			"givenName": "Given", "surname": "Family", "department": "Research", "companyName": "Contoso", "jobTitle": "Engineer", "city": "Ulm",
			"country": "Germany", "usageLocation": "DE", "onPremisesImmutableId": fmt.Sprintf("AAAA%020d", i), "businessPhones": []string{"+49 731 1"},
			"onPremisesExtensionAttributes": map[string]any{"extensionAttribute1": "x"}}, Extra{Licences: []Licence{{SKU: "SPE_E3"}}})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return tn
}

// BenchmarkListUsers reads 100,000 users, 999 a page, with 40 properties each, without a socket.
func BenchmarkListUsers(b *testing.B) {
	const n = 100_000
	tn := fill(b, n)
	token, err := tn.Token(tn.Apps()[0].ID)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		rows, next := 0, "http://sandbox/v1.0/users?$top=999&$select="+wide
		for next != "" {
			q := httptest.NewRequest(http.MethodGet, next, nil)
			q.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			tn.ServeHTTP(w, q)
			if w.Code != 200 {
				b.Fatal(w.Body)
			}
			next = linkOf(w.Body.Bytes())
			rows += 999
		}
		if rows < n {
			b.Fatal(rows)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "users/s")
}

// linkOf finds the next link of a page without reading all of it.
func linkOf(page []byte) string {
	const mark = `"@odata.nextLink":"`
	head := string(page[:min(len(page), 8192)])
	for i := 0; i+len(mark) < len(head); i++ {
		if head[i:i+len(mark)] == mark {
			rest := head[i+len(mark):]
			for j := range rest {
				if rest[j] == '"' {
					return rest[:j]
				}
			}
		}
	}
	return ""
}

// BenchmarkListUsersOverHTTP is BenchmarkListUsers over a socket, with the answers read to their ends.
func BenchmarkListUsersOverHTTP(b *testing.B) {
	for name, plain := range map[string]bool{"plain": true, "gzip": false} {
		b.Run(name, func(b *testing.B) {
			const n = 100_000
			tn := fill(b, n)
			tn.options.NoCompression = plain
			s, err := Serve("127.0.0.1:0", tn)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() {
				if err := s.Close(); err != nil {
					b.Error(err)
				}
			})
			token, err := tn.Token(s.ClientID)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				for next := s.URL + "/v1.0/users?$top=999&$select=" + wide; next != ""; {
					q, err := http.NewRequest(http.MethodGet, next, nil)
					if err != nil {
						b.Fatal(err)
					}
					q.Header.Set("Authorization", "Bearer "+token)
					res, err := http.DefaultClient.Do(q)
					if err != nil {
						b.Fatal(err)
					}
					page, err := io.ReadAll(res.Body)
					_ = res.Body.Close()
					if err != nil {
						b.Fatal(err)
					}
					next = linkOf(page)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "users/s")
		})
	}
}
