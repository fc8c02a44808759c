package graph

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
)

var (
	_ connector.TroubleReader = (*Connector)(nil)
	_ connector.SwitchReader  = (*Connector)(nil)
)

// troubledRow is an object with what the directory and the services report about it (Microsoft Graph,
// onPremisesProvisioningError and serviceProvisioningXmlError).
type troubledRow struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Directory   []struct {
		Category string    `json:"category"`
		Property string    `json:"propertyCausingError"`
		Value    string    `json:"value"`
		Since    time.Time `json:"occurredDateTime"`
	} `json:"onPremisesProvisioningErrors"`
	Services []struct {
		Since    time.Time `json:"createdDateTime"`
		Resolved bool      `json:"isResolved"`
		Service  string    `json:"serviceInstance"`
		Detail   string    `json:"errorDetail"`
	} `json:"serviceProvisioningErrors"`
}

// troubled are the collections in which errors are looked for, and what their objects are to those who read a report.
var troubled = []struct {
	path string
	kind cloud.Type
}{{"/users", cloud.User}, {"/groups", cloud.SecurityGroup}, {"/contacts", cloud.MailContact}}

// The filters leave it to Graph to find the few among the many. PropertyConflict is the one category that there is.
const (
	directoryErrors = "onPremisesProvisioningErrors/any(e:e/category eq 'PropertyConflict')"
	serviceErrors   = "serviceProvisioningErrors/any(e:e/isResolved eq false)"
)

// Troubles reads the errors of provisioning: of users, groups and contacts, of the directory and of services. See
// connector.TroubleReader.
func (c *Connector) Troubles(ctx context.Context, yield func(connector.Trouble) error) (unknown []string, err error) {
	for _, t := range troubled {
		for _, filter := range []string{directoryErrors, serviceErrors} {
			property, _, _ := strings.Cut(filter, "/")
			r := request{op: "read " + property + " of " + t.path[1:], why: readWhole, path: t.path,
				query: []string{"$select", "displayName,id," + property, "$filter", filter, "$top", pageSize}}
			err := list(ctx, c, r, func(row *troubledRow) error { return row.tell(t.kind, yield) })
			switch {
			case refusedRead(err):
				unknown = append(unknown, property+" of "+t.path[1:]+": "+err.Error())
			case err != nil:
				return nil, err
			}
		}
	}
	return unknown, nil
}

// tell yields what is reported about one object and not resolved.
func (r *troubledRow) tell(kind cloud.Type, yield func(connector.Trouble) error) error {
	if r.ID == "" {
		return &fault.Error{Kind: fault.Unreachable, Op: "read provisioning errors", Err: errors.New("an object has no id")}
	}
	of := connector.Trouble{ID: strings.ToLower(r.ID), Type: kind, Name: r.DisplayName}
	for _, e := range r.Directory {
		t := of
		t.Category, t.Property, t.Value, t.Since = e.Category, e.Property, e.Value, e.Since.UTC()
		if err := yield(t); err != nil {
			return err
		}
	}
	for _, e := range r.Services {
		if e.Resolved {
			continue
		}
		t := of
		t.Service, t.Detail, t.Since = e.Service, e.Detail, e.Since.UTC()
		if t.Service == "" {
			t.Service = "unnamed service"
		}
		if err := yield(t); err != nil {
			return err
		}
	}
	return nil
}

// syncRow is onPremisesDirectorySynchronization of Microsoft Graph.
type syncRow struct {
	Configuration struct {
		Deletions struct {
			Kind  string `json:"synchronizationPreventionType"` // disabled, enabledForCount or enabledForPercentage
			Alert int    `json:"alertThreshold"`
		} `json:"accidentalDeletionPrevention"`
	} `json:"configuration"`
	Features struct {
		BlockSoftMatch    bool `json:"blockSoftMatchEnabled"`
		BlockHardMatch    bool `json:"blockCloudObjectTakeoverThroughHardMatchEnabled"`
		QuarantineProxies bool `json:"quarantineUponProxyAddressesConflictEnabled"`
		QuarantineUPN     bool `json:"quarantineUponUpnConflictEnabled"`
		PasswordWriteback bool `json:"passwordWritebackEnabled"`
		SoftMatchOnUPN    bool `json:"softMatchOnUpnEnabled"`
	} `json:"features"`
}

// Switches reads onPremisesDirectorySynchronization, which Graph shows to administrators and to no application. See
// connector.SwitchReader.
func (c *Connector) Switches(ctx context.Context) (connector.Switches, error) {
	r := request{op: "read synchronisation features", why: readWhole, method: "GET", path: "/directory/onPremisesSynchronization"}
	a, err := c.send(ctx, r)
	if err != nil {
		return connector.Switches{}, err
	}
	row, err := synchronization(a.body)
	if err != nil {
		return connector.Switches{}, c.unreadable(r, a, err)
	}
	d := row.Configuration.Deletions
	return connector.Switches{BlockSoftMatch: row.Features.BlockSoftMatch, BlockHardMatch: row.Features.BlockHardMatch, QuarantineUPN: row.Features.QuarantineUPN,
		QuarantineProxies: row.Features.QuarantineProxies, SoftMatchOnUPN: row.Features.SoftMatchOnUPN, PasswordWriteback: row.Features.PasswordWriteback,
		DeletionsPrevented: d.Kind == "enabledForCount" || d.Kind == "enabledForPercentage", DeletionsAllowed: d.Alert, DeletionsByPercent: d.Kind == "enabledForPercentage"}, nil
}

// synchronization reads the answer, which is one object, or a collection of one.
func synchronization(body []byte) (syncRow, error) {
	var many struct {
		Value []syncRow `json:"value"`
		syncRow
	}
	if err := json.Unmarshal(body, &many); err != nil {
		return syncRow{}, err
	}
	switch len(many.Value) {
	case 0:
		return many.syncRow, nil
	case 1:
		return many.Value[0], nil
	}
	return syncRow{}, errors.New("a tenant synchronises in one way, and the answer has several")
}
