package sandbox

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MoveMailboxes does what a migration batch of Exchange does, whose CSV has a column EmailAddress: the mailbox on premises
// of each row comes to its mail user, after the time that a mailbox takes, and keeps its GUID, its addresses and its place
// in groups. A row that names no mail user of a mailbox on premises refuses the whole batch.
func (t *Tenant) MoveMailboxes(batch io.Reader) error {
	rows, err := csv.NewReader(batch).ReadAll()
	if err != nil {
		return fmt.Errorf("migration batch: %w", err)
	}
	column := -1
	if len(rows) > 0 {
		column = slices.Index(rows[0], "EmailAddress")
	}
	if column < 0 {
		return errors.New("migration batch: no column EmailAddress")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.followEntra()
	var moved []*recipient
	var refused []error
	for _, row := range rows[1:] {
		o := t.index.proxy["smtp:"+fold(row[column])]
		switch r := t.recipientOf(o); {
		case r == nil || !r.isMailUser():
			refused = append(refused, fmt.Errorf("migration batch: %s is not a mail user", row[column]))
		case r.ExchangeGUID == "":
			refused = append(refused, fmt.Errorf("migration batch: mail user %s has no Exchange GUID", row[column]))
		case !strings.EqualFold(o.text("mail"), row[column]):
			refused = append(refused, fmt.Errorf("migration batch: %s is not the primary address of %s", row[column], r.Name))
		default:
			moved = append(moved, r)
		}
	}
	if len(refused) > 0 {
		return errors.Join(refused...)
	}
	for _, r := range moved {
		r.Moving, r.Due = true, t.now().Add(t.options.Exchange.mailboxLag())
		t.exchange.waiting[r.ID] = r
	}
	return nil
}

// recipientOf gives the recipient that an object is, nil for none.
func (t *Tenant) recipientOf(o *object) *recipient {
	if o == nil {
		return nil
	}
	return t.exchange.live[o.id]
}

// arrive ends the move of a mailbox. It works for a while without a licence.
func (t *Tenant) arrive(r *recipient) {
	r.Kind, r.External, r.Moving, r.Changed = userMailbox, "", false, t.now()
	if o := t.index.byID[r.ID]; o != nil {
		r.Unlicensed = !o.mailbox.enabled
	}
}
