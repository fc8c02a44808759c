package company

import (
	"fmt"
	"iter"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// soil spoils some entries of the staff in the ways that are usual.
func (c *Company) soil(e *Entry, i int) {
	switch {
	case c.clean:
	case i%67 == 3:
		e.set("c")
		e.set("co")
		e.set("countryCode", "0")
	case i%83 == 9:
		local, _, _ := strings.Cut(c.person(i).local(), "@")
		e.set(directory.AttrUserPrincipalName, local+"@"+LocalSuffix)
	case i%97 == 30:
		e.set(directory.AttrDisplayName, c.person(i).name()+" ")
	}
}

// flaw is one account with one fault.
type flaw struct {
	cn    string
	spoil func(e *Entry)
}

func setting(name string, values ...string) func(*Entry) {
	return func(e *Entry) { e.set(name, values...) }
}

func flaws() []flaw {
	shared := setting(directory.AttrProxyAddresses, "SMTP:service@"+BoughtName, "smtp:hello@"+BoughtName)
	return []flaw{
		{"Twin One", shared},
		{"Twin Two", shared},
		{"Mail One", setting(directory.AttrMail, "same.mail@"+BoughtName)},
		{"Mail Two", setting(directory.AttrMail, "same.mail@"+BoughtName)},
		{"No Country", setting("c")},
		{"Wrong Country", setting("c", "UK")}, // ISO 3166-1 says GB
		{"Umlaut Upn", setting(directory.AttrUserPrincipalName, "jürgen groß@"+BoughtName)},
		{"Local Upn", setting(directory.AttrUserPrincipalName, "local.upn@"+LocalSuffix)},
		{"No Upn", setting(directory.AttrUserPrincipalName)},
		{"Long Department", setting("department", strings.Repeat("Department of Very Long Names ", 3))},
		{"Long Title", setting("title", strings.Repeat("Senior ", 20)+"Engineer")},
		{"Trailing Space", setting(directory.AttrDisplayName, "Trailing Space  ")},
		{"Script", setting(directory.AttrDisplayName, "<script>alert('hello')</script>")},
		{"Pipe", setting("department", "Sales | EMEA")},
		{"Formula", setting(directory.AttrDisplayName, "=cmd|' /C calc'!A0")},
		{"Right To Left", setting(directory.AttrDisplayName, "Dana \u202egpj.exe")},
		{"Bad Proxy", setting(directory.AttrProxyAddresses, "SMTP:bad.proxy@"+BoughtName, "no prefix at all", "smtp:two words@"+BoughtName, "X400:c=DE;a= ;p=Wingtip;s=Proxy;")},
		{"Two Primaries", setting(directory.AttrProxyAddresses, "SMTP:two.primaries@"+BoughtName, "SMTP:twoprimaries@"+BoughtName)},
		{"Second Only", setting(directory.AttrProxyAddresses, "smtp:second.only@"+BoughtName)},
		{"Opted Out", setting("adminDescription", "User_opted out")},
	}
}

// dirt yields the accounts that came with Wingtip, and what replication and Exchange leave behind.
func (c *Company) dirt() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if c.clean {
			return
		}
		var list []Entry
		for i, f := range flaws() {
			e := c.wingtip(f.cn, boughtOU, 4000+i)
			f.spoil(&e)
			list = append(list, e)
		}
		rival := guid(c.seed, "rival")
		conflict := c.wingtip("Replication Victim", boughtOU, 4100)
		conflict.DN = fmt.Sprintf(`CN=Replication Victim\0ACNF:%s,%s`, rival, boughtOU)
		conflict.set(directory.AttrCN, "Replication Victim\nCNF:"+rival.String())
		comma := c.wingtip("Comma", boughtOU, 4101)
		comma.DN = `CN=Comma\, Carla,` + boughtOU
		comma.set(directory.AttrCN, "Comma, Carla")
		linked := c.wingtip("Linked Mailbox", boughtOU, 4102)
		exchange(&linked, "2", "", "1073741824")
		yieldAll(append(list, conflict, comma, linked), yield)
	}
}

// wingtip makes an account of the staff taken over.
func (c *Company) wingtip(cn, ou string, rid int) Entry {
	local := strings.ReplaceAll(plain(cn), " ", ".")
	e := c.account(cn, ou, local, rid, "512")
	given, family, _ := strings.Cut(cn, " ")
	e.set("givenName", given)
	e.set("sn", family)
	e.set(directory.AttrDisplayName, cn)
	e.set(directory.AttrUserPrincipalName, local+"@"+BoughtName)
	e.set(directory.AttrMail, local+"@"+BoughtName)
	e.set(directory.AttrProxyAddresses, "SMTP:"+local+"@"+BoughtName)
	e.set("department", "Sales")
	e.set("company", "Wingtip")
	e.set("employeeType", "Employee")
	e.set("c", "DE")
	e.set("co", "Germany")
	return e
}

// builtins yields what every domain holds, and what synchronisation and Exchange add to it.
func (c *Company) builtins() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		users, builtin := "CN=Users,"+Naming, "CN=Builtin,"+Naming
		var list []Entry
		for i, b := range []struct{ cn, uac string }{{"Administrator", "66048"}, {"Guest", "66082"}, {"krbtgt", "514"}} {
			e := c.account(b.cn, users, b.cn, 500+i, b.uac)
			e.set("isCriticalSystemObject", "TRUE")
			list = append(list, e)
		}
		for i, cn := range []string{"Domain Admins", "Domain Users", "Domain Guests", "Domain Computers", "Domain Controllers", "Cert Publishers", "Schema Admins", "Enterprise Admins"} {
			list = append(list, c.builtinGroup(cn, users, 512+i, globalSecurity))
		}
		for i, cn := range []string{"Administrators", "Users", "Guests", "Remote Desktop Users", "Backup Operators"} {
			list = append(list, c.builtinGroup(cn, builtin, 544+i, builtinSecurity))
		}
		mailbox := "HealthMailbox" + strings.ReplaceAll(guid(c.seed, "health").String(), "-", "")
		for i, a := range []struct{ cn, sam, nickname string }{
			{"MSOL_1a2b3c4d5e6f", "MSOL_1a2b3c4d5e6f", ""},
			{"AAD_1a2b3c4d5e6f", "AAD_1a2b3c4d5e6f", ""},
			{"SUPPORT_388945a0", "SUPPORT_388945a0", ""},
			{"CAS_{12ab34cd}", "CAS_{12ab34cd}", "CAS_{12ab34cd}"},
			{mailbox, "HM_1f2e3d4c5b6a", mailbox},
			{"SystemMailbox{1f05a927-3c4e-4f3b-9f0a-2e5c4a3b7d10}", "SM_1f05a927", "SystemMailbox{1f05a927-3c4e-4f3b-9f0a-2e5c4a3b7d10}"},
			{"DiscoverySearchMailbox {D919BA05-46A6-415f-80AD-7E09334BB852}", "SM_d919ba05", "DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}"},
			{"FederatedEmail.4c1f4d8b-8179-4148-93bf-00a95fa1e042", "SM_4c1f4d8b", "FederatedEmail.4c1f4d8b-8179-4148-93bf-00a95fa1e042"},
			{"Migration.8f3e7716-2011-43e4-96b1-aba62d229136", "SM_8f3e7716", "Migration.8f3e7716-2011-43e4-96b1-aba62d229136"},
			{"extest_90a1b2c3d4e5", "extest_90a1b2c3d4e5", "extest_90a1b2c3d4e5"},
			{"WINGTIP$", "WINGTIP$", ""},
		} {
			e := c.account(a.cn, users, a.sam, 1100+i, "512")
			e.set(directory.AttrMailNickname, a.nickname)
			list = append(list, e)
		}
		arbitration := c.account("Exchange Approval Assistant", users, "SM_approval", 1150, "514")
		exchange(&arbitration, "8388608", "", "10")
		host := c.entry(0, "CN=PC-0001,CN=Computers,"+Naming, append(userClasses[:3:3], "computer"), 1160)
		host.set(directory.AttrSAMAccountName, "PC-0001$")
		yieldAll(append(list, arbitration, host), yield)
	}
}

func (c *Company) builtinGroup(cn, parent string, rid int, kind string) Entry {
	e := c.entry(directory.Group, "CN="+cn+","+parent, []string{"group"}, uint32(rid))
	e.set(directory.AttrCN, cn)
	e.set(directory.AttrSAMAccountName, cn)
	e.set(directory.AttrGroupType, kind)
	e.set("isCriticalSystemObject", "TRUE")
	return e
}
