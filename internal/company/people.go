package company

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
)

// mailbox is where a person's mail is kept.
type mailbox uint8

const (
	remote     mailbox = iota // in the cloud already, as Exchange hybrid writes it into AD
	onPremises                // on an Exchange server
	mailUser                  // at another company; only the address is ours
	plainUser                 // Exchange does not know the account
)

// profile is what decides where a person stands in the directory; small, for there is one for each.
type profile struct {
	turn     uint32 // how many of their language came before
	language uint8
	site     uint8
	dept     uint8
	mailbox  mailbox
	leaver   bool
}

// hire decides about everybody.
func (c *Company) hire() {
	r := rand.New(rand.NewPCG(c.seed, 1))
	var byWeight, byDept []uint8
	for i, l := range languages {
		for range l.weight {
			byWeight = append(byWeight, uint8(i))
		}
	}
	for i, d := range departments {
		for range d.weight {
			byDept = append(byDept, uint8(i))
		}
	}
	turns := make([]uint32, len(languages))
	c.staff = make([]profile, c.users)
	for i := range c.staff {
		p := profile{language: byWeight[r.IntN(len(byWeight))], dept: byDept[r.IntN(len(byDept))], leaver: i%13 == 6}
		p.turn = turns[p.language]
		turns[p.language]++
		places := languages[p.language].sites
		p.site = uint8(places[r.IntN(len(places))])
		switch {
		case i%24 == 7:
			p.mailbox = onPremises
		case i%50 == 11:
			p.mailbox = mailUser
		case i%7 == 3:
			p.mailbox = plainUser
		}
		c.staff[i] = p
	}
}

// person is a person with the names that follow from their profile.
type person struct {
	profile
	given, family string
	number        string // "" for the first of a name
}

func (c *Company) person(i int) person {
	p := c.staff[i]
	l := languages[p.language]
	all := len(l.given) * len(l.family)
	at := (int(p.turn)*37 + int(c.seed%uint64(all))) % all // 37 shares no factor with any of the products
	q := person{profile: p, given: l.given[at%len(l.given)], family: l.family[at/len(l.given)]}
	if k := int(p.turn) / all; k > 0 {
		q.number = strconv.Itoa(k + 1)
	}
	return q
}

func (p person) name() string { return strings.TrimSuffix(p.given+" "+p.family+" "+p.number, " ") }

// local is the part of addresses before the @.
func (p person) local() string { return plain(p.given) + "." + plain(p.family) + p.number }

// account is the sAMAccountName, which AD limits to 20 characters.
func (p person) account() string {
	given, rest := plain(p.given), "."+plain(p.family)+p.number
	return given[:min(len(given), 20-len(rest))] + rest
}

func (p person) domain() string {
	if departments[p.dept].name == "Marketing" {
		return BrandDomain
	}
	return Domain
}

func (p person) dn() string {
	ou := sites[p.site].ou()
	if p.leaver {
		ou = leaversOU
	}
	return "CN=" + p.name() + "," + ou
}

// people yields the staff.
func (c *Company) people() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for i := range c.staff {
			if !yield(c.staffEntry(i)) {
				return
			}
		}
	}
}

var userClasses = []string{"person", "organizationalPerson", "user"}

// staffEntry makes the entry of one person.
func (c *Company) staffEntry(i int) Entry {
	p := c.person(i)
	r := c.chance("staff " + strconv.Itoa(i))
	e := c.entry(directory.User, p.dn(), userClasses, uint32(10000+i))
	p.names(&e)
	p.work(&e, i, r)
	if i > 0 {
		e.set("manager", c.person(i/8).dn())
	}
	p.signIn(&e, r)
	p.mail(&e, c)
	switch i % 6 {
	case 1:
		e.set(directory.AttrConsistencyGUID, string(e.GUID[:]))
	case 4: // kept from the forest that the account came from
		g := guid(c.seed, "former "+e.DN)
		e.set(directory.AttrConsistencyGUID, string(g[:]))
	}
	c.soil(&e, i)
	return e
}

func (p person) names(e *Entry) {
	e.set(directory.AttrCN, p.name())
	e.set("name", p.name())
	e.set("sn", p.family)
	e.set("givenName", p.given)
	e.set(directory.AttrDisplayName, p.family+", "+p.given)
	e.set("initials", strings.ToUpper(plain(p.given)[:1]+plain(p.family)[:1]))
	e.set(directory.AttrSAMAccountName, p.account())
	e.set(directory.AttrUserPrincipalName, p.local()+"@"+p.domain())
}

// work sets what personnel records know.
func (p person) work(e *Entry, i int, r *rand.Rand) {
	d, s := departments[p.dept], sites[p.site]
	e.set("title", d.titles[r.IntN(len(d.titles))])
	e.set("department", d.name)
	e.set("company", "Tailspin Toys")
	e.set("employeeID", fmt.Sprintf("E%06d", 100000+i))
	e.set("employeeNumber", strconv.Itoa(500000+i))
	e.set("employeeType", [...]string{"Employee", "Employee", "Employee", "Employee", "Apprentice", "Contractor"}[r.IntN(6)])
	e.set("preferredLanguage", languages[p.language].tag)
	e.set("physicalDeliveryOfficeName", fmt.Sprintf("%s %d.%02d", s.prefix, 1+r.IntN(5), 1+r.IntN(40)))
	e.set("streetAddress", s.street)
	e.set("l", s.city)
	e.set("st", s.state)
	e.set("postalCode", s.code)
	e.set("c", s.country)
	e.set("co", s.countryName)
	e.set("countryCode", s.number)
	e.set("telephoneNumber", fmt.Sprintf("%s 555 %04d", s.dial, i%10000))
	if r.IntN(3) > 0 {
		e.set("mobile", fmt.Sprintf("%s 556 %04d", s.dial, i%10000))
	}
	e.set("extensionAttribute1", fmt.Sprintf("CC-%d", 4000+100*int(p.dept)+int(p.site)))
	e.set("extensionAttribute2", s.prefix)
	e.set("extensionAttribute3", d.short)
	if p.leaver {
		e.set("description", "Left on 2026-0"+strconv.Itoa(1+r.IntN(8))+"-28")
		return
	}
	e.set("description", d.name+", "+s.city)
}

// signIn sets what the account's own state is.
func (p person) signIn(e *Entry, r *rand.Rand) {
	uac := "512"
	if p.leaver {
		uac = "514"
	}
	e.set(directory.AttrUserAccountCtl, uac)
	e.set(directory.AttrPrimaryGroupID, "513")
	e.set("accountExpires", "9223372036854775807")
	e.set("pwdLastSet", fileTime(At().Add(-time.Duration(1+r.IntN(90*24))*time.Hour)))
	days := r.IntN(14)
	if p.leaver {
		days += 60
	}
	e.set("lastLogonTimestamp", fileTime(At().Add(-time.Duration(days*24+r.IntN(24))*time.Hour)))
}

// fileTime gives the decimal count of 100 ns intervals since 1601.
func fileTime(t time.Time) string { return strconv.FormatInt((t.Unix()+11644473600)*1e7, 10) }

// The numbers are msExchRecipientTypeDetails, msExchRemoteRecipientType and msExchRecipientDisplayType.
func (p person) mail(e *Entry, c *Company) {
	local, primary := p.local(), p.local()+"@"+p.domain()
	if p.mailbox == mailUser {
		primary = local + "@" + BoughtName
	}
	e.set(directory.AttrMail, primary)
	addresses := []string{"SMTP:" + primary}
	if p.domain() != Domain || p.mailbox == mailUser {
		addresses = append(addresses, "smtp:"+local+"@"+Domain)
	}
	if p.mailbox == plainUser {
		e.set(directory.AttrProxyAddresses, addresses...)
		return
	}
	e.set(directory.AttrMailNickname, local)
	legacy := "/o=Tailspin/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=" + local
	e.set("legacyExchangeDN", legacy)
	switch p.mailbox {
	case remote:
		routing := local + "@" + Tenant + ".mail.onmicrosoft.com"
		e.set("targetAddress", "SMTP:"+routing)
		addresses = append(addresses, "smtp:"+routing, "x500:"+legacy)
		exchange(e, "2147483648", "4", "-2147483642")
	case onPremises:
		g := guid(c.seed, "mailbox "+e.DN)
		e.set("msExchMailboxGuid", string(g[:]))
		e.set("homeMDB", "CN=DB01,CN=Databases,CN=Exchange Administrative Group,CN=Administrative Groups,CN=Tailspin,CN=Microsoft Exchange,CN=Services,CN=Configuration,"+Naming)
		exchange(e, "1", "", "1073741824")
	case mailUser:
		e.set("targetAddress", "SMTP:"+local+"@fabrikam.example")
		exchange(e, "128", "", "6")
	}
	e.set(directory.AttrProxyAddresses, addresses...)
	if p.leaver {
		e.set("msExchHideFromAddressLists", "TRUE")
	}
}

// exchange sets the numbers by which Exchange tells recipients apart; "" for none.
func exchange(e *Entry, details, remote, display string) {
	e.set("msExchRecipientTypeDetails", details)
	e.set("msExchRemoteRecipientType", remote)
	e.set("msExchRecipientDisplayType", display)
}
