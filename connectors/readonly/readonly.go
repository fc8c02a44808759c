// Package readonly is a target that cannot write. A dry run, a validation and an explanation are wired with one, so that
// not writing is a matter of type and not of a flag that somebody must ask for.
package readonly

import (
	"context"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/connector"
)

// Reader reads what it was made from. It has no method that writes, and what it was made from cannot be got out of it.
type Reader struct{ from connector.Reader }

var _ connector.Reader = (*Reader)(nil)

// New makes a Reader of any target. It reads details where the target can.
func New(from connector.Reader) connector.Reader {
	r := &Reader{from}
	if d, ok := from.(connector.Detailer); ok {
		return &detailer{r, d}
	}
	return r
}

// detailer is a Reader of a target that reads details.
type detailer struct {
	*Reader
	details connector.Detailer
}

// Detail reads what costs requests per object. See connector.Detailer.
func (d *detailer) Detail(ctx context.Context, ids, properties []string, yield func(cloud.Object) error) error {
	return d.details.Detail(ctx, ids, properties, yield)
}

// Tenant gives the facts of the tenant.
func (r *Reader) Tenant(ctx context.Context) (cloud.Tenant, error) { return r.from.Tenant(ctx) }

// Objects yields every object of the tenant. See connector.Reader.
func (r *Reader) Objects(ctx context.Context, properties []string, yield func(cloud.Object) error) error {
	return r.from.Objects(ctx, properties, yield)
}

// Current gives one object as it is now. See connector.Reader.
func (r *Reader) Current(ctx context.Context, t cloud.Type, id string, properties []string) (cloud.Object, error) {
	return r.from.Current(ctx, t, id, properties)
}

// ByAnchor finds an object by its anchor. See connector.Reader.
func (r *Reader) ByAnchor(ctx context.Context, t cloud.Type, a directory.Anchor) (cloud.Object, error) {
	return r.from.ByAnchor(ctx, t, a)
}
