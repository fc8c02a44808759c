package graph

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// cost is what a request takes from the tenant's limits.
type cost struct{ writes, units int }

func (c cost) plus(d cost) cost { return cost{c.writes + d.writes, c.units + d.units} }

// costOf gives what a request costs. Source: Microsoft Graph throttling limits, identity and access service: a base by
// path, one less with $select, one more with $expand, one less with $top below 20, never below 1. A batch costs what its
// items do, which whoever sends it has taken already.
func costOf(method string, u *url.URL) cost {
	if strings.HasSuffix(u.Path, batchPath) {
		return cost{}
	}
	if method != http.MethodGet {
		return cost{1, 1}
	}
	units := 1
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	switch last := parts[len(parts)-1]; {
	case last == "transitiveMembers":
		units = 5
	case last == "members" && len(parts) > 2 && parts[len(parts)-3] == "groups", last == "subscribedSkus":
		units = 3
	case last == "users", last == "memberOf", last == "licenseDetails":
		units = 2
	}
	q := u.Query()
	if q.Has("$select") {
		units--
	}
	if q.Has("$expand") {
		units++
	}
	if top, err := strconv.Atoi(q.Get("$top")); err == nil && top < 20 {
		units--
	}
	return cost{0, max(units, 1)}
}
