package tenant

import (
	"slices"

	"github.com/coexistsync/coexist/directory/cloud"
)

// Lost lists the mailboxes that are deleted softly or inactive, by id and then GUID. The objects belong to the view.
func (v *View) Lost() []cloud.Object { return slices.Clip(v.lost) }
