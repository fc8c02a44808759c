package sandbox

import (
	"maps"
	"slices"
	"time"
)

// Exchange holds the switches of the tenant's Exchange Online. The zero value is what the service is documented or
// reported to do.
type Exchange struct {
	MailboxLag  time.Duration // from a licence to its mailbox; 5 minutes when 0, none when negative
	EntraLag    time.Duration // until Graph shows what Exchange Online made; none when 0
	Concurrency int           // requests of the tenant at a time; no limit when 0
	RateLimit   int           // requests in five minutes, enforced with Throttle; 30,000 when 0

	// What is uncertain on objects that on-premises masters: ForwardingAddress is refused and the archive allowed unless
	// these say otherwise; UseMapiRichTextFormat is allowed.
	AllowForwardingAddress bool
	RefuseArchive          bool
	RefuseRichText         bool

	RetentionPolicies []string // beside the default one
	PasswordNeeded    bool     // New-MailUser takes no set of parameters without a password
	Dehydrated        bool     // Get-OrganizationConfig says IsDehydrated
}

func (e Exchange) mailboxLag() time.Duration {
	if e.MailboxLag == 0 {
		return 5 * time.Minute
	}
	return max(e.MailboxLag, 0)
}

// exchangeOnline is what Exchange Online holds beyond the directory's objects.
type exchangeOnline struct {
	made     uint64
	live     map[string]*recipient // by the id of the object
	gone     []*recipient          // soft-deleted and inactive mailboxes in the order in which they went
	byGUID   map[string]*recipient // live ones, by recipient and Exchange GUID
	byName   map[string]*recipient // live ones, folded
	waiting  map[string]*recipient // by object id: those whose mailbox is still to come
	restores []restoreRequest
}

func newExchangeOnline() *exchangeOnline {
	return &exchangeOnline{live: map[string]*recipient{}, byGUID: map[string]*recipient{}, byName: map[string]*recipient{},
		waiting: map[string]*recipient{}}
}

// StateExchange is Exchange Online of a saved tenant.
type StateExchange struct {
	Made       uint64           `json:"made"`
	Recipients []*recipient     `json:"recipients,omitempty"` // by the id of their object
	Gone       []*recipient     `json:"gone,omitempty"`       // in the order in which they went
	Restores   []restoreRequest `json:"restores,omitempty"`
}

func (e *exchangeOnline) state() *StateExchange {
	if e.made == 0 {
		return nil
	}
	s := &StateExchange{Made: e.made, Restores: slices.Clone(e.restores)}
	for _, r := range e.all() {
		s.Recipients = append(s.Recipients, r.clone())
	}
	for _, r := range e.gone {
		s.Gone = append(s.Gone, r.clone())
	}
	return s
}

// all gives the live recipients by the ids of their objects, those that wait for their mailbox included.
func (e *exchangeOnline) all() []*recipient {
	out := make([]*recipient, 0, len(e.live))
	for _, id := range slices.Sorted(maps.Keys(e.live)) {
		out = append(out, e.live[id])
	}
	return out
}

// loadExchange takes a saved Exchange Online over; the objects are loaded already.
func (t *Tenant) loadExchange(s *StateExchange) {
	t.exchange = newExchangeOnline()
	if s == nil {
		return
	}
	t.exchange.made, t.exchange.gone, t.exchange.restores = s.Made, s.Gone, s.Restores
	for _, r := range s.Recipients {
		t.exchange.add(r)
	}
}

func (e *exchangeOnline) add(r *recipient) {
	e.live[r.ID] = r
	e.file(r)
	if !r.Due.IsZero() || r.Revert != nil {
		e.waiting[r.ID] = r
	}
}

func (e *exchangeOnline) drop(r *recipient) {
	delete(e.live, r.ID)
	delete(e.waiting, r.ID)
	e.forget(r)
}

// file files a recipient under its GUIDs and its name; forget takes it out.
func (e *exchangeOnline) file(r *recipient) {
	for _, k := range []string{r.GUID, r.ExchangeGUID} {
		if k != "" {
			e.byGUID[k] = r
		}
	}
	e.byName[fold(r.Name)] = r
}

func (e *exchangeOnline) forget(r *recipient) {
	for _, k := range []string{r.GUID, r.ExchangeGUID} {
		if e.byGUID[k] == r {
			delete(e.byGUID, k)
		}
	}
	if e.byName[fold(r.Name)] == r {
		delete(e.byName, fold(r.Name))
	}
}
