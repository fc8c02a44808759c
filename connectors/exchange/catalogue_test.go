package exchange_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/connectors/exchange"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
)

// catalogue is Microsoft's own reference of the cmdlets.
type catalogue struct {
	Cmdlets map[string]struct {
		Params map[string]struct {
			Type     string   `json:"type"`
			Required string   `json:"required"`
			Sets     string   `json:"sets"`
			Online   bool     `json:"exo"`
			Values   []string `json:"values"`
			MaxLen   int      `json:"maxLength"`
		} `json:"params"`
	} `json:"cmdlets"`
}

func readCatalogue(t *testing.T) catalogue {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "exo-cmdlets.json"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("the reference of the cmdlets is not here: %v", err)
	}
	var c catalogue
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// check reports what of a command the reference does not know.
func (k *catalogue) check(t *testing.T, c exchange.Command) {
	t.Helper()
	known, ok := k.Cmdlets[c.Cmdlet]
	if !ok {
		t.Errorf("%s is not in the reference", c.Cmdlet)
		return
	}
	for _, p := range c.Parameters {
		want, ok := known.Params[p.Name]
		if !ok || !want.Online {
			t.Errorf("%s has no parameter %s in Exchange Online", c.Cmdlet, p.Name)
			continue
		}
		s, isText := p.Value.(string)
		if isText && want.MaxLen > 0 && len(s) > want.MaxLen {
			t.Errorf("%s -%s: %d characters, %d allowed", c.Cmdlet, p.Name, len(s), want.MaxLen)
		}
		if isText && len(want.Values) > 0 && !slices.Contains(want.Values, s) {
			t.Errorf("%s -%s %s: want one of %s", c.Cmdlet, p.Name, s, want.Values)
		}
		_, isTruth := p.Value.(bool)
		if wantTruth := want.Type == "Boolean" || want.Type == "SwitchParameter"; p.Value != nil && wantTruth != isTruth {
			t.Errorf("%s -%s is a %s, and %v was given", c.Cmdlet, p.Name, want.Type, p.Value)
		}
		if _, isNumber := p.Value.(int64); isNumber != (want.Type == "Int32") && p.Value != nil {
			t.Errorf("%s -%s is a %s, and %v was given", c.Cmdlet, p.Name, want.Type, p.Value)
		}
		if _, isEdit := p.Value.(exchange.Edit); isEdit && want.Type != "MultiValuedProperty" && want.Type != "ProxyAddressCollection" {
			t.Errorf("%s -%s is a %s, which takes no edits", c.Cmdlet, p.Name, want.Type)
		}
	}
	for name, p := range known.Params {
		if p.Required == "True" && p.Sets == "(All)" && c.Get(name) == nil {
			t.Errorf("%s lacks -%s", c.Cmdlet, name)
		}
	}
}

// sample gives a value for a property, and another.
func sample(p *cloud.Property) (a, b cloud.Value) {
	switch p.Kind {
	case cloud.TruthKind:
		return cloud.Truth(false), cloud.Truth(true)
	case cloud.NumberKind:
		return cloud.Number(0), cloud.Number(30)
	case cloud.TextsKind:
		return cloud.Texts([]string{"smtp:old@contoso.example"}), cloud.Texts([]string{"smtp:new@contoso.example"})
	}
	switch {
	case p.Enum != nil:
		return cloud.Text(p.Enum[0]), cloud.Text(p.Enum[1])
	case p.Name == "exchangeGuid":
		return cloud.Value{}, cloud.Text(someone)
	case strings.HasSuffix(strings.ToLower(p.Name), "address"):
		return cloud.Text("old@contoso.example"), cloud.Text("new@contoso.example")
	}
	return cloud.Text("old"), cloud.Text("new")
}

// everyChange gives a change for each property of each type that Exchange Online writes, and the creates and deletes.
func everyChange() []plan.Change {
	var out []plan.Change
	for _, t := range cloud.Types() {
		if t == cloud.None || t == cloud.SecurityGroup {
			continue
		}
		o := plan.Object{Anchor: "5f0c8f1e-0000-4000-8000-00000000000a", Kind: "user", Type: t, Name: "Ada", ID: someone}
		add := func(a plan.Action, f cloud.Facet, attrs ...plan.Attribute) {
			out = append(out, plan.Change{ID: string(t) + "/" + string(a), Object: o, Action: a, Directory: cloud.Exchange, Facet: f, Attributes: attrs})
		}
		for i := range cloud.Properties() {
			p := &cloud.Properties()[i]
			d, f := p.MasteredBy(t)
			if d != cloud.Exchange || !p.On(t) {
				continue
			}
			a, b := sample(p)
			switch p.Kind {
			case cloud.ReferencesKind:
				add(plan.Members, f, plan.Attribute{Name: p.Name, Add: []plan.Ref{{ID: someone}}, Remove: []plan.Ref{{ID: "exo:b0f9f36b-0000-4000-8000-000000000002"}}})
			case cloud.ReferenceKind:
				add(plan.Refer, f, plan.Attribute{Name: p.Name, Add: []plan.Ref{{ID: someone}}})
				add(plan.Refer, f, plan.Attribute{Name: p.Name})
			default:
				add(plan.Update, f, plan.Attribute{Name: p.Name, Before: a, After: b})
				if p.Name != "autoExpandingArchive" && p.Name != "primaryAddress" {
					add(plan.Update, f, plan.Attribute{Name: p.Name, Before: b, After: a})
				}
			}
		}
		if t.Creator() == cloud.Exchange {
			add(plan.Delete, "")
			if t.IsResource() {
				add(plan.Update, cloud.FacetType, plan.Attribute{Name: cloud.TypeProperty, After: cloud.Text(string(t))})
				add(plan.Restore, "")
			}
			o.ID = ""
			add(plan.Create, "", createAttributes(t)...)
		}
	}
	return out
}

// createAttributes gives what engine/diff puts into the create of a type.
func createAttributes(t cloud.Type) []plan.Attribute {
	attrs := []plan.Attribute{set("displayName", cloud.Text("Ada")), set("mailNickname", cloud.Text("ada"))}
	if !t.IsGroup() {
		attrs = append(attrs, set("givenName", cloud.Text("Ada")), set("surname", cloud.Text("Adler")))
	}
	if t == cloud.MailUser {
		attrs = append(attrs, set("userPrincipalName", cloud.Text("ada@contoso.example")))
	}
	if t == cloud.MailUser || t == cloud.MailContact {
		attrs = append(attrs, set("externalAddress", cloud.Text("ada@fabrikam.example")))
	}
	if t.IsGroup() || t.IsResource() {
		attrs = append(attrs, set("primaryAddress", cloud.Text("ada@contoso.example")))
	}
	if t.IsGroup() {
		attrs = append(attrs, set("description", cloud.Text("people")))
	}
	return attrs
}

func set(name string, v cloud.Value) plan.Attribute { return plan.Attribute{Name: name, After: v} }

func byID(r plan.Ref) (string, bool) { return r.ID, r.ID != "" }

// TestCatalogue walks everything that the connector can send.
func TestCatalogue(t *testing.T) {
	known := readCatalogue(t)
	r := &recorder{}
	x := exchange.Over(r, exchange.Config{})
	for _, c := range everyChange() {
		before := len(r.commands)
		if _, err := x.Export(t.Context(), c, byID); err != nil {
			t.Errorf("%s of %s %v: %v", c.Action, c.Object.Type, c.Attributes, err)
		}
		if len(r.commands) == before {
			t.Errorf("%s of %s %v sends nothing", c.Action, c.Object.Type, c.Attributes)
		}
	}
	var names []string
	for _, p := range cloud.Properties() {
		names = append(names, p.Name)
	}
	if err := x.Objects(t.Context(), names, func(cloud.Object) error { return nil }); err != nil {
		t.Error(err)
	}
	if _, err := x.Tenant(t.Context()); err != nil {
		t.Error(err)
	}
	for _, typ := range cloud.Types() {
		x.Survey(t.Context(), []connector.Question{{Type: typ, ID: someone, Properties: names}, {Type: typ, Anchor: "5f0c8f1e-0000-4000-8000-00000000000a"}})
	}
	r.answer = func(exchange.Command) (exchange.Answer, error) { return exchange.Answer{}, errGone }
	x.Survey(t.Context(), []connector.Question{{Type: cloud.User, ID: someone, Properties: names}})
	seen := map[string]bool{}
	for _, c := range r.commands {
		known.check(t, c)
		seen[c.Cmdlet] = true
	}
	if len(seen) < 35 {
		t.Errorf("the walk met %d cmdlets; is it still one of everything?", len(seen))
	}
}
