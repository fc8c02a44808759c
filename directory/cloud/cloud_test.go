package cloud_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
)

func TestValueJSONRoundTrip(t *testing.T) {
	for name, c := range map[string]struct {
		value cloud.Value
		want  string
	}{
		"nothing":       {cloud.Value{}, `null`},
		"empty text":    {cloud.Text(""), `null`},
		"text":          {cloud.Text(`a "b" <c>`), `"a \"b\" \u003cc\u003e"`},
		"truth":         {cloud.Truth(false), `false`},
		"number":        {cloud.Number(-7), `-7`},
		"set":           {cloud.Texts([]string{"b", "a", "b"}), `["a","b"]`},
		"licences":      {cloud.Licenses([]cloud.License{{SKU: "s", DisabledPlans: []string{"q", "p"}}}), `[{"sku":"s","disabledPlans":["p","q"]}]`},
		"empty licence": {cloud.Licenses(nil), `null`},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := json.Marshal(c.value)
			if err != nil || string(b) != c.want {
				t.Fatalf("marshalled %s, %v; want %s", b, err, c.want)
			}
			var back cloud.Value
			if err := json.Unmarshal(b, &back); err != nil || !back.Equal(c.value) {
				t.Fatalf("read back %v, %v; want %v", back, err, c.value)
			}
		})
	}
}

func FuzzValueUnmarshal(f *testing.F) {
	for _, s := range []string{`null`, `"x"`, `[]`, `[{}]`, `["a",1]`, `1e9`, ` `, `[{"sku":1}]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v cloud.Value
		if json.Unmarshal(b, &v) != nil {
			return
		}
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var back cloud.Value
		if err := json.Unmarshal(out, &back); err != nil || !back.Equal(v) {
			t.Fatalf("%s became %s", b, out)
		}
	})
}

func TestCheckUPN(t *testing.T) {
	for upn, ok := range map[string]bool{
		"ann@contoso.example":                          true,
		"o'neil.a_b-c!d#e^f~g@contoso.example":         true,
		"ann":                                          false,
		"@contoso.example":                             false,
		"ann@":                                         false,
		"änn@contoso.example":                          false,
		"an n@contoso.example":                         false,
		".ann@contoso.example":                         false,
		"ann.@contoso.example":                         false,
		"a..n@contoso.example":                         false,
		"ann@contoso..example":                         false,
		"ann@cont oso.example":                         false,
		strings.Repeat("a", 64) + "@contoso.example":   true,
		strings.Repeat("a", 65) + "@contoso.example":   false,
		"ann@" + strings.Repeat("a", 110) + ".example": false,
	} {
		if err := cloud.CheckUPN(upn); (err == nil) != ok {
			t.Errorf("CheckUPN(%q) = %v", upn, err)
		}
	}
}

func TestSameIgnoresCaseWhereTheCloudDoes(t *testing.T) {
	upn, _ := cloud.Lookup("userPrincipalName")
	title, _ := cloud.Lookup("jobTitle")
	a, b := cloud.Text("Ann@x"), cloud.Text("ann@X")
	if !upn.Same(a, b) {
		t.Error("userPrincipalName: case alone counts as a change")
	}
	if title.Same(a, b) {
		t.Error("jobTitle: a change of case is lost")
	}
	if upn.Same(a, cloud.Value{}) {
		t.Error("userPrincipalName: nothing counts as the same as a name")
	}
}

func TestNoTwoPropertiesShareAName(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range cloud.Properties() {
		if seen[p.Name] {
			t.Errorf("property %s stands twice", p.Name)
		}
		seen[p.Name] = true
	}
}
