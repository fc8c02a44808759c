package company

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// The values of groupType, [MS-ADTS] 2.2.12, as the signed numbers that AD hands out.
const (
	globalSecurity    = "-2147483646"
	localSecurity     = "-2147483644"
	universalSecurity = "-2147483640"
	universalList     = "8"
	builtinSecurity   = "-2147483643"
)

// group is one group.
type group struct {
	cn, kind string
	alias    string // mail-enabled when set
	members  iter.Seq[string]
	details  string // msExchRecipientTypeDetails
	nameless bool   // without displayName
	owner    int    // member of staff, 0 for nobody
}

func groupDN(cn string) string { return "CN=" + cn + "," + groupsOU }

// staffWhere yields the DNs of the staff that fits.
func (c *Company) staffWhere(fits func(i int, p profile) bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, p := range c.staff {
			if fits(i, p) && !yield(c.person(i).dn()) {
				return
			}
		}
	}
}

func these(dns ...string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, dn := range dns {
			if !yield(dn) {
				return
			}
		}
	}
}

// groups yields the groups.
func (c *Company) groups() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		n := 0
		for _, list := range [][]group{c.departmentGroups(), c.siteGroups(), c.namedGroups(), c.teams()} {
			for _, g := range list {
				if !yield(c.groupEntry(g, 5000+n)) {
					return
				}
				n++
			}
		}
	}
}

func (c *Company) groupEntry(g group, rid int) Entry {
	if rid >= 10000 { // past those of the staff
		rid += 10_000_000
	}
	e := c.entry(directory.Group, groupDN(g.cn), []string{"group"}, uint32(rid))
	e.set(directory.AttrCN, g.cn)
	e.set(directory.AttrSAMAccountName, g.cn)
	e.set(directory.AttrGroupType, g.kind)
	if !g.nameless {
		e.set(directory.AttrDisplayName, g.cn)
	}
	e.set("description", "Tailspin group "+g.cn)
	if g.owner > 0 && g.owner < c.users {
		e.set("managedBy", c.person(g.owner).dn())
	}
	if g.alias != "" {
		address := g.alias + "@" + Domain
		e.set(directory.AttrMail, address)
		e.set(directory.AttrMailNickname, g.alias)
		e.set(directory.AttrProxyAddresses, "SMTP:"+address)
		e.set("legacyExchangeDN", "/o=Tailspin/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn="+g.alias)
	}
	e.set("msExchRecipientTypeDetails", g.details)
	var members []string
	if g.members != nil {
		for dn := range g.members {
			members = append(members, dn)
		}
	}
	e.set(directory.AttrMember, members...)
	return e
}

// departmentGroups: a security group and a mail-enabled one for each department.
func (c *Company) departmentGroups() []group {
	var out []group
	for k, d := range departments {
		in := c.staffWhere(func(_ int, p profile) bool { return int(p.dept) == k && !p.leaver })
		out = append(out,
			group{cn: "GG-" + d.short, kind: globalSecurity, members: in, owner: k + 1},
			group{cn: "MG-" + d.short, kind: universalSecurity, alias: "team-" + plain(d.short), details: "1024", members: these(groupDN("GG-" + d.short)), owner: k + 1})
	}
	return out
}

// siteGroups: a security group, a distribution group and a room list for each site.
func (c *Company) siteGroups() []group {
	var out []group
	for k, s := range sites {
		in := c.staffWhere(func(_ int, p profile) bool { return int(p.site) == k && !p.leaver })
		out = append(out,
			group{cn: "GG-Site-" + s.city, kind: globalSecurity, members: in},
			group{cn: "All " + s.city, kind: universalList, alias: "all-" + plain(s.city), details: "256", members: in, owner: 20 + k},
			group{cn: "Rooms " + s.city, kind: universalList, alias: "rooms-" + plain(s.city), details: "268435456",
				members: these(fmt.Sprintf("CN=Room %s 1,%s", s.prefix, resourcesOU), fmt.Sprintf("CN=Room %s 2,%s", s.prefix, resourcesOU))})
	}
	return out
}

// namedGroups: the rest, each one a kind of its own.
func (c *Company) namedGroups() []group {
	some := func(every, from int) iter.Seq[string] {
		return c.staffWhere(func(i int, p profile) bool { return i%every == from && i < 2000*every })
	}
	var bySite, byDept []string
	for _, s := range sites {
		if c.clean { // mail to a list does not reach the members of a group without an address
			bySite = append(bySite, groupDN("All "+s.city))
			continue
		}
		bySite = append(bySite, groupDN("GG-Site-"+s.city))
	}
	for _, d := range departments {
		byDept = append(byDept, groupDN("GG-"+d.short))
	}
	var service []string
	for _, s := range services {
		service = append(service, "CN=svc-"+s+","+serviceOU)
	}
	out := []group{
		{cn: "GG-All-Staff", kind: globalSecurity, members: these(byDept...)},
		{cn: "All Tailspin", kind: universalList, alias: "all", details: "256", members: these(bySite...)},
		{cn: "GG-Service-Accounts", kind: globalSecurity, members: these(service...)},
		{cn: "GG-Legal-Hold", kind: globalSecurity, members: some(60, 2)},
		{cn: "GG-Pilot-2026", kind: globalSecurity, members: some(25, 4)},
		{cn: "APP-Visio", kind: globalSecurity, members: some(20, 9)},
		{cn: "APP-ERP", kind: globalSecurity, members: some(9, 1)},
		{cn: "Newsletter", kind: universalList, alias: "newsletter", details: "256", members: some(15, 8), nameless: !c.clean},
		{cn: "Old Fax List", kind: universalList, members: some(80, 3)},
		{cn: "Partners", kind: universalList, alias: "partners", details: "256", members: c.partners()},
		{cn: "DL-Loop-A", kind: universalList, alias: "loop-a", details: "256", members: these(groupDN("DL-Loop-B"))},
		{cn: "DL-Loop-B", kind: universalList, alias: "loop-b", details: "256", members: these(groupDN("DL-Loop-A"))},
		{cn: "Empty Project", kind: globalSecurity},
		{cn: "Organization Management", kind: universalSecurity, details: "1073741824"},
		{cn: "MSOL_AD_Sync_RichCoexistence", kind: globalSecurity},
	}
	if c.clean {
		out = slices.DeleteFunc(out, func(g group) bool { return g.cn == "Old Fax List" || strings.HasPrefix(g.cn, "DL-Loop-") })
	}
	for _, share := range []string{"Finance", "HR", "Engineering"} {
		out = append(out, group{cn: "DLG-Share-" + share, kind: localSecurity, members: these(groupDN("GG-" + share))})
	}
	return out
}

// partners yields the contacts' DNs.
func (c *Company) partners() iter.Seq[string] {
	return func(yield func(string) bool) {
		for e := range c.contacts() {
			if !yield(e.DN) {
				return
			}
		}
	}
}

// teams: what a larger company has on top, a group for every 40 people.
func (c *Company) teams() []group {
	var out []group
	for t := range max(0, c.users-DefaultUsers) / 40 {
		members := func(yield func(string) bool) {
			for i := t * 40; i < t*40+40; i++ {
				if !yield(c.person(i).dn()) {
					return
				}
			}
		}
		name := fmt.Sprintf("Team %05d", t+1)
		g := group{cn: name, kind: globalSecurity, members: members}
		if t%2 == 1 {
			g.kind, g.alias, g.details = universalList, strings.ReplaceAll(plain(name), " ", "-"), "256"
		}
		out = append(out, g)
	}
	return out
}
