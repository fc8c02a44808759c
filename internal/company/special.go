package company

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// each yields the entries that make gives for 0 to n-1.
func each(n int, make func(i int) Entry) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for i := range n {
			if !yield(make(i)) {
				return
			}
		}
	}
}

// account makes a user object that is no person.
func (c *Company) account(cn, ou, sam string, rid int, uac string) Entry {
	e := c.entry(directory.User, "CN="+cn+","+ou, userClasses, uint32(rid))
	e.set(directory.AttrCN, cn)
	e.set(directory.AttrSAMAccountName, sam)
	e.set(directory.AttrUserAccountCtl, uac)
	e.set(directory.AttrPrimaryGroupID, "513")
	return e
}

var services = []string{"backup", "sql", "scan", "print", "vpn", "monitor", "erp", "intranet", "build", "hr-sync", "badge", "cctv", "phone", "dhcp"}

// accounts yields the service accounts, whose passwords never expire.
func (c *Company) accounts() iter.Seq[Entry] {
	return each(len(services), func(i int) Entry {
		name := "svc-" + services[i]
		e := c.account(name, serviceOU, name, 2000+i, "66048")
		e.set(directory.AttrDisplayName, "Service "+services[i])
		e.set("description", "Runs "+services[i]+"; owner: IT")
		e.set(directory.AttrUserPrincipalName, name+"@"+Domain)
		return e
	})
}

// resource is a mailbox that belongs to nobody.
type resource struct {
	name                     string
	details, remote, display string
	local                    bool // the mailbox stands on premises, with its GUID
	capacity                 string
	site                     int
}

func resources() []resource {
	var out []resource
	for i, name := range []string{"Info", "Sales Desk", "Press", "Jobs", "Invoices", "Reception Berlin", "Reception London", "Toy Safety"} {
		out = append(out, resource{name: name, details: "34359738368", remote: "100", display: "-2147483642", site: i % len(sites)})
	}
	out = append(out,
		resource{name: "Old Archive", details: "4", display: "0", local: true, site: 0},
		resource{name: "Works Council", details: "4", display: "0", local: true, site: 2},
		resource{name: "Fax Gateway", details: "4", display: "0", site: 3}) // its mailbox was never made
	for i, s := range sites {
		for k, seats := range []string{"4", "12"} {
			r := resource{name: fmt.Sprintf("Room %s %d", s.prefix, k+1), details: "8589934592", remote: "36", display: "-2147481850", capacity: seats, site: i}
			if s.country == "PL" {
				r.details, r.remote, r.display, r.local = "16", "", "7", true
			}
			out = append(out, r)
		}
	}
	for i, name := range []string{"Van 1", "Van 2", "Projector", "Demo Toy Case", "Forklift Simulator", "Camera Kit"} {
		out = append(out, resource{name: name, details: "17179869184", remote: "68", display: "-2147481594", site: i % len(sites)})
	}
	return out
}

// resources yields shared, room and equipment mailboxes. Their accounts are disabled, as Exchange makes them.
func (c *Company) resources() iter.Seq[Entry] {
	list := resources()
	if c.clean {
		list = slices.DeleteFunc(list, func(r resource) bool { return r.name == "Fax Gateway" })
	}
	return each(len(list), func(i int) Entry {
		r := list[i]
		alias := strings.ReplaceAll(plain(r.name), " ", ".")
		e := c.account(r.name, resourcesOU, alias, 3000+i, "514")
		e.set(directory.AttrDisplayName, r.name)
		e.set(directory.AttrUserPrincipalName, alias+"@"+Domain)
		e.set(directory.AttrMail, alias+"@"+Domain)
		e.set(directory.AttrMailNickname, alias)
		e.set("c", sites[r.site].country)
		e.set("co", sites[r.site].countryName)
		e.set("l", sites[r.site].city)
		e.set("msExchResourceCapacity", r.capacity)
		addresses := []string{"SMTP:" + alias + "@" + Domain}
		if r.remote != "" {
			routing := alias + "@" + Tenant + ".mail.onmicrosoft.com"
			addresses = append(addresses, "smtp:"+routing)
			e.set("targetAddress", "SMTP:"+routing)
		}
		if r.local {
			g := guid(c.seed, "mailbox "+e.DN)
			e.set("msExchMailboxGuid", string(g[:]))
		}
		e.set(directory.AttrProxyAddresses, addresses...)
		exchange(&e, r.details, r.remote, r.display)
		return e
	})
}

const contactCount = 40

// contacts yields people at other companies; some have no address at all.
func (c *Company) contacts() iter.Seq[Entry] {
	return each(contactCount, func(i int) Entry {
		l := languages[i%len(languages)]
		given, family := l.given[(i*5+1)%len(l.given)], l.family[(i*3+2)%len(l.family)]
		cn := fmt.Sprintf("%s %s (Partner %02d)", given, family, i+1)
		e := c.entry(directory.Contact, "CN="+cn+","+contactsOU, []string{"person", "organizationalPerson", "contact"}, 0)
		e.set(directory.AttrCN, cn)
		e.set("givenName", given)
		e.set("sn", family)
		e.set(directory.AttrDisplayName, cn)
		e.set("company", [...]string{"Fabrikam", "Litware", "Proseware"}[i%3])
		if i%13 == 12 && !c.clean {
			return e
		}
		address := fmt.Sprintf("%s.%s.%d@%s", plain(given), plain(family), i+1, [...]string{"fabrikam.example", "litware.example", "proseware.example"}[i%3])
		e.set(directory.AttrMail, address)
		if i%4 == 3 && !c.clean { // entered by hand, unknown to Exchange
			return e
		}
		e.set(directory.AttrMailNickname, fmt.Sprintf("partner%02d", i+1))
		e.set("targetAddress", "SMTP:"+address)
		e.set(directory.AttrProxyAddresses, "SMTP:"+address)
		exchange(&e, "64", "", "6")
		if i == 5 && !c.clean {
			e.set(directory.AttrDisplayName, cn+" (MSOL)")
			e.set("msExchHideFromAddressLists", "TRUE")
		}
		return e
	})
}
